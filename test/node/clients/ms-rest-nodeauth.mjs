// What a workload with ms-rest-nodeauth does. Argument: the resource. Says when it has
// loaded, asks once it gets a line, and prints one of JSON.
import { createRequire } from 'node:module';

const { MSIVmTokenCredentials } = createRequire(import.meta.url)('@azure/ms-rest-nodeauth');
const [resource] = process.argv.slice(2);
process.stdout.write('loaded\n');
await new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve));
const said = await new MSIVmTokenCredentials({ resource }).getToken().then(
  ({ accessToken }) => ({ token: accessToken }),
  (error) => ({ error: String(error) }),
);
process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0));
