# What a workload with azure-identity does. Argument: the resource. Says when it has loaded,
# asks once it gets a line, and prints one of JSON.
import json
import sys

from azure.identity import ManagedIdentityCredential

print("loaded", flush=True)
sys.stdin.readline()
try:
    print(json.dumps({"token": ManagedIdentityCredential().get_token(sys.argv[1] + "/.default").token}))
except Exception as error:
    print(json.dumps({"error": repr(error)}))
