# What `az login --identity` does, by MSAL. Argument: the resource. Says when it has loaded,
# asks once it gets a line, and prints one of JSON.
import json
import sys

import msal
import requests

print("loaded", flush=True)
sys.stdin.readline()
try:
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=requests.Session())
    answer = client.acquire_token_for_client(resource=sys.argv[1])
    print(json.dumps({"token": answer["access_token"]} if "access_token" in answer else {"error": repr(answer)}))
except Exception as error:
    print(json.dumps({"error": repr(error)}))
