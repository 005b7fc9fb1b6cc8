import { inAgentWorld } from '../../../test/node/agent-world.ts';
import { printHead, printRow } from '../../tables.ts';
import { type Bench, realImds } from '../bench-options.ts';
import { wrk } from '../wrk.ts';

export async function printRealImds({ agents, programs }: Bench): Promise<void> {
  console.log('IMDS at its limits (10 ms, 5 at once, 20 a second), one identity, c=8, ten seconds:\n');
  printHead('server', 'requests/s', 'p50 ms', 'p99 ms', 'failures', 'calls to IMDS');
  for (const peer of agents) {
    await inAgentWorld(programs, realImds, async (world) => {
      await peer.start(world);
      const { rate, p50, p99, failures } = await wrk(world.bound, {
        connections: 8,
        newConnections: false,
        seconds: 10,
      });
      const calls = world.issued().reduce((sum, { count }) => sum + count, 0);
      printRow(peer.name, rate.toFixed(0), p50.toFixed(2), p99.toFixed(2), failures, calls);
    });
  }
}
