// The address guard of a node with 250 pods: how long its table takes to write, to follow one pod and to read
// back, beside nft adding one element by hand; and what it costs a packet between two pods, beside the same
// bridge without it. Needs root, nftables and iproute2.
import { execFileSync } from 'node:child_process';
import { withProgram } from '../bundled.mjs';

export async function bench() {
  const host = `podid-bench-${process.pid}`;
  await withProgram('guard/measure.ts', (path) => {
    execFileSync('ip', ['netns', 'add', host]);
    try {
      execFileSync('nsenter', [`--net=/var/run/netns/${host}`, process.execPath, path], { stdio: 'inherit' });
    } finally {
      execFileSync('ip', ['netns', 'del', host]);
    }
  });
}
