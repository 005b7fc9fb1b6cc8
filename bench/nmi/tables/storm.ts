import { type AgentWorld, inAgentWorld } from '../../../test/node/agent-world.ts';
import { printHead, printRow } from '../../tables.ts';
import { type Bench, podCount, realImds } from '../bench-options.ts';
import { addIdentities, addPods } from '../many-pods.ts';
import { type Peer, unlimited } from '../peers.ts';

const resourceCount = 2;
/** Upstream asks IMDS for every request of every pod. */
const longestSec = 45;

/** All pods of a node ask at once when its agent is started again. */
export async function printStorm({ agents, programs, identities }: Bench): Promise<void> {
  console.log(
    `${podCount} pods × ${resourceCount} resources, ${identities} identities, IMDS at its limits, all asking while the agent starts; ` +
      `from exec, ${longestSec} seconds at most:\n`,
  );
  const after = ['first served after s', 'all served after s', 'p50 s', 'p99 s'];
  printHead('server', 'served', ...after, 'calls to IMDS', 'refused by IMDS');
  for (const peer of agents) {
    await inAgentWorld(programs, realImds, async (world) => {
      const names = await addIdentities(world, identities);
      await addPods(world, (pod) => names[pod % identities] ?? '');
      await (await world.startAgent({ word: 'rules', extra: ['--once', unlimited] })).ended;
      const { served, firstMs, lastMs, p50, p99 } = await storm(world, peer, programs.path('storm'));
      const inSeconds = (ms: number) => (ms / 1000).toFixed(2);
      const calls = world.issued().reduce((sum, { count }) => sum + count, 0);
      const all = podCount * resourceCount;
      printRow(
        ...[peer.name, `${served} of ${all}`, inSeconds(firstMs), served === all ? inSeconds(lastMs) : 'not'],
        ...[inSeconds(p50), inSeconds(p99), calls, world.throttled()],
      );
    });
  }
}

interface Storm {
  readonly served: number;
  /** Milliseconds from the first request. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly p50: number;
  readonly p99: number;
}

async function storm(world: AgentWorld, peer: Peer, path: string): Promise<Storm> {
  const asking = world.bound.start(process.execPath, [path, String(podCount), String(longestSec)]);
  await asking.line(/^asking$/);
  await peer.start(world, { wait: false, isRedirected: true });
  return JSON.parse(await asking.line(/^\{/)) as Storm;
}
