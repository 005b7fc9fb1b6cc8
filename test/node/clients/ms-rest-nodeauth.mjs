// What a workload with ms-rest-nodeauth does. Argument: the resource. Prints one JSON line.
import { createRequire } from 'node:module';

const { MSIVmTokenCredentials } = createRequire(import.meta.url)('@azure/ms-rest-nodeauth');
const [resource] = process.argv.slice(2);
const said = await new MSIVmTokenCredentials({ resource }).getToken().then(
  ({ accessToken }) => ({ token: accessToken }),
  (error) => ({ error: String(error) }),
);
process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0));
