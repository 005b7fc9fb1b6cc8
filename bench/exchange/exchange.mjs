// Tokens by exchange, by the agent's token and by the tokens of the pods' own accounts, beside tokens from IMDS: an agent for
// each node, on loopback, with an Entra that checks each assertion, an API server that makes tokens as the agent's policy allows,
// and an IMDS without a quota. First tokens and cached requests in turns, and the calls that each source was asked, which
// have to be as many as reckoned.
// Flags: --seconds=3 --rounds=3 --identities=25 --resources=3 --accounts=2 --pods=250 --nodes=2.
import { bundled, flagsIn } from '../bundled.mjs';

export async function bench(argv) {
  const flag = flagsIn(argv);
  const options = {
    seconds: flag('seconds', 3),
    rounds: flag('rounds', 3),
    identities: flag('identities', 25),
    resources: flag('resources', 3),
    accounts: flag('accounts', 2),
    pods: flag('pods', 250),
    nodes: flag('nodes', 2),
  };
  await bundled('exchange/measure.ts', ({ measureExchange }, root) => measureExchange({ root, ...options }));
}
