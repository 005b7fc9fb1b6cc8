// What a pod's neighbour waits for its tokens while that pod floods the agent, and what memory the agent takes
// meanwhile: podid and upstream's NMI, same machine, same run. Needs root, nftables, iproute2 and taskset, and Go for
// upstream. Flags: --seconds=10 --only=WORD, of the names of peers and floods.
import { bundled, flagsIn } from '../bundled.mjs';

export async function bench(argv) {
  const flag = flagsIn(argv);
  await bundled('floods/measure.ts', ({ measureFloods }, root) =>
    measureFloods({ root, seconds: flag('seconds', 10), only: flag('only', '') }),
  );
}
