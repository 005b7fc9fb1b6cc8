// What a workload with @azure/identity does. Argument: the resource. Says when it has
// loaded, asks once it gets a line, and prints one of JSON.
import { createRequire } from 'node:module';

const { ManagedIdentityCredential } = createRequire(import.meta.url)('@azure/identity');
const [resource] = process.argv.slice(2);
process.stdout.write('loaded\n');
await new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve));
const said = await new ManagedIdentityCredential().getToken(`${resource}/.default`).then(
  (answer) => (answer === null ? { error: 'no token' } : { token: answer.token }),
  (error) => ({ error: String(error) }),
);
process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0));
