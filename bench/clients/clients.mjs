// Which clients a wait costs with podid's agent, and with upstream's NMI in its place: same machine, same run, same
// IMDS. Needs what `npm run test:node` needs, and Go for upstream.
import { bundled } from '../bundled.mjs';

export async function bench() {
  await bundled('clients/measure.ts', ({ measureClients }, root) => measureClients(root));
}
