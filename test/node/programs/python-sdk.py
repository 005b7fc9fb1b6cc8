# What a workload with the SDK for Python does. Arguments: default | client-id | resource-id, and the id. Prints the token's claims or the
# error's text, as one JSON line.
import base64
import json
import sys
import time

from azure.identity import ManagedIdentityCredential

way = sys.argv[1]
given = sys.argv[2] if len(sys.argv) > 2 else None
options = {
    "default": {},
    "client-id": {"client_id": given},
    "resource-id": {"identity_config": {"resource_id": given}},
}[way]
begun = time.monotonic()
try:
    token = ManagedIdentityCredential(**options).get_token("https://vault.azure.net/.default")
    body = token.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    hours = round((token.expires_on - time.time()) / 3600)
    print(json.dumps({"clientId": claims["appid"], "audience": claims["aud"], "hours": hours}))
except Exception as error:
    print(json.dumps({"error": str(error), "ms": round((time.monotonic() - begun) * 1000)}))
