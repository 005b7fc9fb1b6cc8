// What a workload with adal does. Argument: the resource. Prints one JSON line.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/Azure/go-autorest/autorest/adal"
)

func main() {
	said := map[string]any{}
	principal, err := adal.NewServicePrincipalTokenFromManagedIdentity(os.Args[1], nil)
	if err == nil {
		err = principal.Refresh()
		said["token"] = principal.OAuthToken()
	}
	if err != nil {
		said["error"] = err.Error()
	}
	line, _ := json.Marshal(said)
	fmt.Println(string(line))
}
