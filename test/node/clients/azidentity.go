// What a workload with azidentity does. Argument: the resource. Says when it has loaded,
// asks once it gets a line, and prints one of JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func main() {
	fmt.Println("loaded")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	said := map[string]any{}
	credential, err := azidentity.NewManagedIdentityCredential(nil)
	if err == nil {
		options := policy.TokenRequestOptions{Scopes: []string{os.Args[1] + "/.default"}}
		token, failed := credential.GetToken(context.Background(), options)
		said["token"], err = token.Token, failed
	}
	if err != nil {
		said["error"] = err.Error()
	}
	line, _ := json.Marshal(said)
	fmt.Println(string(line))
}
