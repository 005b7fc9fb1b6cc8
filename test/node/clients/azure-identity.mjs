// What a workload with @azure/identity does. Argument: the resource. Prints one JSON line.
import { createRequire } from 'node:module';

const { ManagedIdentityCredential } = createRequire(import.meta.url)('@azure/identity');
const [resource] = process.argv.slice(2);
const said = await new ManagedIdentityCredential().getToken(`${resource}/.default`).then(
  (answer) => (answer === null ? { error: 'no token' } : { token: answer.token }),
  (error) => ({ error: String(error) }),
);
process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0));
