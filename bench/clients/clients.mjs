// Which clients a wait costs with podid's agent, and with upstream's NMI in its place: same machine, same run, same
// IMDS. Needs what `npm run test:node` needs, and Go for upstream.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function bench() {
  const folder = await mkdtemp(join(root, 'node_modules', '.podid-bench-'));
  try {
    const outfile = join(folder, 'measure.mjs');
    await build({
      entryPoints: [join(root, 'bench/clients/measure.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      outfile,
    });
    const { measureClients } = await import(pathToFileURL(outfile));
    await measureClients(root);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
