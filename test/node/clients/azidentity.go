// What a workload with azidentity does. Argument: the resource. Prints one JSON line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func main() {
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
