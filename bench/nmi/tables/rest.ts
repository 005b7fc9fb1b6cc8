import { setTimeout as passing } from 'node:timers/promises';
import { type AgentWorld, inAgentWorld } from '../../../test/node/agent-world.ts';
import { printHead, printRow } from '../../tables.ts';
import { type Bench, podCount } from '../bench-options.ts';
import { addPods } from '../many-pods.ts';
import type { Peer } from '../peers.ts';
import { cpuMicrosecondsOf } from '../processes.ts';

/** What comes once after a start is over: V8 gives memory back until some 20 seconds after it. */
const settledMs = 30_000;
const hourMs = 3_600_000;

/** Nobody asks, and nothing changes. All at the same time: at rest they do not disturb each other. */
export async function printRest({ agents, programs, restSeconds }: Bench): Promise<void> {
  console.log(
    `${podCount} pods are known, nobody asks and nothing changes, for ${restSeconds} seconds; requests to the API server, ` +
      'the hour reckoned from these:\n',
  );
  printHead('server', 'CPU, % of a core', 'API requests in this time', 'an hour');
  const rows = await Promise.all(
    agents.map(async (peer) => {
      let row: Rest | undefined;
      await inAgentWorld(programs, {}, async (world) => {
        row = await atRest(world, peer, restSeconds * 1000);
      });
      return { peer, row };
    }),
  );
  for (const { peer, row } of rows) {
    const { cpuShare = 0, calls = {} } = row ?? {};
    const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
    const named = Object.entries(calls).map(([what, count]) => `${count} × ${what}`);
    const anHour = ((total * hourMs) / (restSeconds * 1000)).toFixed(0);
    printRow(peer.name, (cpuShare * 100).toFixed(2), named.join(', ') || 0, anHour);
  }
}

interface Rest {
  /** Of one core. */
  readonly cpuShare: number;
  /** By what was asked for. */
  readonly calls: Readonly<Record<string, number>>;
}

async function atRest(world: AgentWorld, peer: Peer, restMs: number): Promise<Rest> {
  await addPods(world);
  const server = await peer.start(world);
  await passing(settledMs);
  const [cpuBefore, callsBefore, begun] = [cpuMicrosecondsOf(server), world.apiCalls(), performance.now()];
  await passing(restMs);
  const tookMs = performance.now() - begun;
  const cpuShare = (cpuMicrosecondsOf(server) - cpuBefore) / 1000 / tookMs;
  const calls = Object.entries(world.apiCalls())
    .map(([what, count]) => [what, count - (callsBefore[what] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return { cpuShare, calls: Object.fromEntries(calls) };
}
