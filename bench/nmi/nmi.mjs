// The agent beside a bare node:http server and upstream's NMI: same machine, same run, same redirect, same
// IMDS, in network namespaces. Needs what `npm run test:node` needs, wrk and taskset, and Go for upstream.
// Flags: --seconds=3 --rounds=3 --pod-seconds=60.
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
      entryPoints: [join(root, 'bench/nmi/measure.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      outfile,
    });
    const { measureNmi } = await import(pathToFileURL(outfile));
    const flag = (name, usual) =>
      Number(argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? usual);
    await measureNmi({
      root,
      seconds: flag('seconds', 3),
      rounds: flag('rounds', 3),
      podSeconds: flag('pod-seconds', 60),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
