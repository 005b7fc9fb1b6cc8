import { inAgentWorld } from '../../../test/node/agent-world.ts';
import { startAsking } from '../../../test/node/drill.ts';
import { median, printHead, printRow } from '../../tables.ts';
import { type Bench, podCount } from '../bench-options.ts';
import { addPods } from '../many-pods.ts';
import type { Peer } from '../peers.ts';

const rounds = 3;
const askEveryMs = 20;

/** From exec to the first token in a pod that asks all the time; IMDS without delay. */
export async function printStart({ agents, programs }: Bench): Promise<void> {
  console.log(
    `From exec to the first token in a pod that asks every ${askEveryMs} ms; the redirect is there, as after a restart; the median of ${rounds}:\n`,
  );
  printHead('server', 'no other pod, ms', `${podCount} pods, ms`);
  for (const peer of agents) {
    const cells: number[] = [];
    for (const isFull of [false, true]) {
      const times: number[] = [];
      await inAgentWorld(programs, {}, async (world) => {
        if (isFull) {
          await addPods(world);
        }
        await (await world.startAgent({ word: 'rules', extra: ['--once'] })).ended;
        for (let round = 0; round < rounds; round += 1) {
          times.push(await firstToken(peer, world, programs.path('asker')));
        }
      });
      cells.push(median(times));
    }
    printRow(peer.name, ...cells);
  }
}

async function firstToken(
  peer: Peer,
  world: Parameters<Peer['start']>[0],
  askerPath: string,
): Promise<number> {
  const asking = await startAsking(world.bound, askerPath, askEveryMs);
  const begunMs = Date.now();
  const server = await peer.start(world, { wait: false, isRedirected: true });
  const first = await asking.program.line(/"status":200/);
  const tookMs = (JSON.parse(first) as { endedMs: number }).endedMs - begunMs;
  await Promise.all(server.map((program) => program.stop('SIGKILL')));
  await asking.program.stop('SIGKILL');
  return tookMs;
}
