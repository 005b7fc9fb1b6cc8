// Tokens by exchange beside tokens from IMDS: one agent, on loopback, with an Entra that checks each assertion, and an IMDS
// without a quota. First tokens and cached requests in turns, and the calls that either source was asked.
// Flags: --seconds=3 --rounds=3 --identities=25 --resources=3 --pods=250.
import { bundled, flagsIn } from '../bundled.mjs';

export async function bench(argv) {
  const flag = flagsIn(argv);
  const options = {
    seconds: flag('seconds', 3),
    rounds: flag('rounds', 3),
    identities: flag('identities', 25),
    resources: flag('resources', 3),
    pods: flag('pods', 250),
  };
  await bundled('exchange/measure.ts', ({ measureExchange }, root) => measureExchange({ root, ...options }));
}
