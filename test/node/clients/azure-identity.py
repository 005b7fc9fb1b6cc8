# What a workload with azure-identity does. Argument: the resource. Prints one JSON line.
import json
import sys

from azure.identity import ManagedIdentityCredential

try:
    print(json.dumps({"token": ManagedIdentityCredential().get_token(sys.argv[1] + "/.default").token}))
except Exception as error:
    print(json.dumps({"error": repr(error)}))
