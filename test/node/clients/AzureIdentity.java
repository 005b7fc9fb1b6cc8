// What a workload with azure-identity for Java does. Argument: the resource. Prints one JSON line.
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.ManagedIdentityCredentialBuilder;

public class AzureIdentity {
  public static void main(String[] args) {
    try {
      TokenRequestContext context = new TokenRequestContext().addScopes(args[0] + "/.default");
      String token = new ManagedIdentityCredentialBuilder().build().getToken(context).block().getToken();
      System.out.println("{\"token\":\"" + token + "\"}");
    } catch (Throwable error) {
      String text = String.valueOf(error).replaceAll("[^ -!#-\\[\\]-~]", " ");
      System.out.println("{\"error\":\"" + text + "\"}");
    }
    System.exit(0);
  }
}
