// The agent beside a bare node:http server and upstream's NMI: same machine, same run, same redirect, same
// IMDS, in network namespaces. Needs what `npm run test:node` needs, wrk and taskset, and Go for upstream.
//   npm run bench -- nmi                     every table
//   npm run bench -- nmi --only=cpu,memory   some of cpu, imds, memory, start, storm, rest and attack
// Further flags: --peers=WORD, of the names of servers; --seconds=3 --rounds=1 --pod-seconds=12 --identities=25
// --rest-seconds=60; --shared-node: the agents run the same Node as the bench, so that less memory of it is counted
// for them.
import { bundled, flagsIn } from '../bundled.mjs';

export async function bench(argv) {
  const flag = flagsIn(argv);
  const options = {
    only: flag('only', '').split(',').filter(Boolean),
    peers: flag('peers', ''),
    seconds: flag('seconds', 3),
    rounds: flag('rounds', 1),
    podSeconds: flag('pod-seconds', 12),
    identities: flag('identities', 25),
    restSeconds: flag('rest-seconds', 60),
    sharedNode: argv.includes('--shared-node'),
  };
  await bundled('nmi/measure.ts', ({ measureNmi }, root) => measureNmi({ root, ...options }));
}
