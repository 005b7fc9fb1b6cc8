# What a workload with msrestazure does. Argument: the resource. Prints one JSON line.
import json
import sys

from msrestazure.azure_active_directory import MSIAuthentication

try:
    print(json.dumps({"token": MSIAuthentication(resource=sys.argv[1]).token["access_token"]}))
except BaseException as error:
    print(json.dumps({"error": repr(error)}))
