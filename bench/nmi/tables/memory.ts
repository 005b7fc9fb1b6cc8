import { setTimeout as passing } from 'node:timers/promises';
import { inAgentWorld } from '../../../test/node/agent-world.ts';
import type { Program } from '../../../test/node/program.ts';
import { printHead, printRow } from '../../tables.ts';
import { type Bench, podCount, realImds } from '../bench-options.ts';
import { addPods } from '../many-pods.ts';
import { pinned } from '../peers.ts';
import { memoryOf } from '../processes.ts';

const settledMs = 3_000;

export async function printMemory({ all, programs, podSeconds }: Bench): Promise<void> {
  console.log(
    `${podCount} pods, two resources each, ${podSeconds} seconds at full speed, IMDS at its limits; memory as PSS, ` +
      `with the anonymous part in brackets, of ${settledMs / 1000} seconds after the start and at the end:\n`,
  );
  printHead(
    ...['server', 'at rest MB', 'after MB', 'of which, after'],
    ...['requests/s', 'p50 ms', 'p99 ms', 'answers', 'calls to IMDS'],
  );
  for (const peer of all) {
    await inAgentWorld(programs, realImds, async (world) => {
      await addPods(world);
      const server = await peer.start(world);
      await passing(settledMs);
      const rest = show(server);
      const [command, ...core] = pinned.load;
      const load = [process.execPath, programs.path('many-pods'), String(podSeconds), String(podCount)];
      const asked = world.bound.start(command, [...core, ...load]);
      const { statuses, p50, p99, rate } = JSON.parse(await asked.line(/^\{/)) as ManyPods;
      const answers = Object.entries(statuses).map(([status, count]) => `${count}× ${status}`);
      const calls = world.issued().reduce((sum, { count }) => sum + count, 0);
      const each = server.length > 1 ? server.map((one) => show([one])).join(' + ') : '';
      printRow(peer.name, rest, show(server), each, rate, p50, p99, answers.join(', '), calls);
    });
  }
}

interface ManyPods {
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly rate: number;
}

function show(server: readonly Program[]): string {
  const { pssMb, anonymousMb } = memoryOf(server);
  return `${pssMb.toFixed(1)} (${anonymousMb.toFixed(1)})`;
}
