// The address guard of a node with 250 pods: how long its table takes to write, to follow one pod and to read
// back, beside nft adding one element by hand; and what it costs a packet between two pods, beside the same
// bridge without it. Needs root, nftables and iproute2.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function bench() {
  const folder = await mkdtemp(join(root, 'node_modules', '.podid-bench-'));
  const host = `podid-bench-${process.pid}`;
  try {
    const outfile = join(folder, 'measure.mjs');
    await build({
      entryPoints: [join(root, 'bench/guard/measure.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      outfile,
    });
    execFileSync('ip', ['netns', 'add', host]);
    execFileSync('nsenter', [`--net=/var/run/netns/${host}`, process.execPath, outfile], {
      stdio: 'inherit',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
    execFileSync('ip', ['netns', 'del', host]);
  }
}
