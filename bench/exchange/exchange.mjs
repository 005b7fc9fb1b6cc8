// Tokens by exchange beside tokens from IMDS: one agent, on loopback, with an Entra that checks each assertion, and an IMDS
// without a quota. First tokens and cached requests in turns, and the calls that either source was asked.
// Flags: --seconds=3 --rounds=3 --identities=25 --resources=3 --pods=250.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function bench(argv) {
  const folder = await mkdtemp(join(root, 'node_modules', '.podid-bench-'));
  try {
    const outfile = join(folder, 'measure.mjs');
    await build({
      entryPoints: [join(root, 'bench/exchange/measure.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      outfile,
    });
    const { measureExchange } = await import(pathToFileURL(outfile));
    const flag = (name, usual) =>
      Number(argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? usual);
    await measureExchange({
      root,
      seconds: flag('seconds', 3),
      rounds: flag('rounds', 3),
      identities: flag('identities', 25),
      resources: flag('resources', 3),
      pods: flag('pods', 250),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
