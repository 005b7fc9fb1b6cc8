// Azure's metadata service with the identities of a node, as the emulator knows it. Argument: JSON with
// `identities`, `systemAssigned`. On port 8099 of 10.1.0.1 the test reads what was issued and asked; POST
// /reset forgets it.
import { createServer } from 'node:http';
import type { ImdsIdentity } from '../../../src/emulator/imds/imds-identity.ts';
import { startImds } from '../../../src/emulator/imds/start-imds.ts';

interface ImdsOptions {
  readonly identities: readonly ImdsIdentity[];
  readonly systemAssigned: ImdsIdentity;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ImdsOptions;
const imds = await startImds({ ...options, host: '0.0.0.0', port: 80 });
const control = createServer((request, response) => {
  if (request.url === '/reset') {
    imds.reset();
  }
  response.end(JSON.stringify({ issued: imds.issued(), asked: imds.asked() }));
});
control.listen(8099, '10.1.0.1', () => process.stdout.write('IMDS is up\n'));
