// What a pod's neighbour waits for its tokens while that pod floods the agent, and what memory the agent takes
// meanwhile: podid and upstream's NMI, same machine, same run. Needs root, nftables, iproute2 and taskset, and Go for
// upstream. Flags: --seconds=10 --only=WORD, of the names of peers and floods.
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
      entryPoints: [join(root, 'bench/floods/measure.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      outfile,
    });
    const { measureFloods } = await import(pathToFileURL(outfile));
    const flag = (name, usual) => argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? usual;
    await measureFloods({ root, seconds: Number(flag('seconds', 10)), only: flag('only', '') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
