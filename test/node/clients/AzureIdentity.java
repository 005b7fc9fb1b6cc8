// What a workload with azure-identity for Java does. Argument: the resource. Says when it has
// loaded, asks once it gets a line, and prints one of JSON.
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.ManagedIdentityCredential;
import com.azure.identity.ManagedIdentityCredentialBuilder;

public class AzureIdentity {
  public static void main(String[] args) {
    try {
      TokenRequestContext context = new TokenRequestContext().addScopes(args[0] + "/.default");
      ManagedIdentityCredential credential = new ManagedIdentityCredentialBuilder().build();
      System.out.println("loaded");
      System.in.read();
      String token = credential.getToken(context).block().getToken();
      System.out.println("{\"token\":\"" + token + "\"}");
    } catch (Throwable error) {
      String text = String.valueOf(error).replaceAll("[^ -!#-\\[\\]-~]", " ");
      System.out.println("{\"error\":\"" + text + "\"}");
    }
    System.exit(0);
  }
}
