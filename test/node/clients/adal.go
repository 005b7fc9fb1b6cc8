// What a workload with adal does. Argument: the resource. Says when it has loaded,
// asks once it gets a line, and prints one of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/Azure/go-autorest/autorest/adal"
)

func main() {
	fmt.Println("loaded")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
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
