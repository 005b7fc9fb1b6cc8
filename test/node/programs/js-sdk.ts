// What a workload with the SDK for JavaScript does. Arguments: default | client-id | resource-id, and the id.
// Prints the token's claims or the error's text, as one JSON line.
import { ManagedIdentityCredential } from '@azure/identity';

const [way, id = ''] = process.argv.slice(2);
const credential =
  way === 'client-id'
    ? new ManagedIdentityCredential({ clientId: id })
    : way === 'resource-id'
      ? new ManagedIdentityCredential({ resourceId: id })
      : new ManagedIdentityCredential();
const begunMs = Date.now();
try {
  const { token, expiresOnTimestamp } = await credential.getToken('https://vault.azure.net/.default');
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    appid: string;
    aud: string;
  };
  const hours = Math.round((expiresOnTimestamp - Date.now()) / 3_600_000);
  process.stdout.write(`${JSON.stringify({ clientId: claims.appid, audience: claims.aud, hours })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error), ms: Date.now() - begunMs })}\n`);
}
process.exit(0);
