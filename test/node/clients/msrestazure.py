# What a workload with msrestazure does. Argument: the resource. Says when it has loaded,
# asks once it gets a line, and prints one of JSON.
import json
import sys

from msrestazure.azure_active_directory import MSIAuthentication

print("loaded", flush=True)
sys.stdin.readline()
try:
    print(json.dumps({"token": MSIAuthentication(resource=sys.argv[1]).token["access_token"]}))
except BaseException as error:
    print(json.dumps({"error": repr(error)}))
