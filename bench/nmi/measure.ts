import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentWorld, inAgentWorld, podObject, type WorldOptions } from '../../test/node/agent-world.ts';
import { type BundledPrograms, bundlePrograms } from '../../test/node/bundled-programs.ts';
import { startAsking } from '../../test/node/drill.ts';
import type { Program } from '../../test/node/program.ts';
import { memoryOf } from './memory.ts';
import { type Peer, peers, pinned, startSplit } from './peers.ts';
import { upstreamNmi } from './upstream.ts';
import { type Measured, wrk } from './wrk.ts';

export interface BenchOptions {
  /** The repository. */
  readonly root: string;
  /** Of each load by wrk. */
  readonly seconds: number;
  readonly rounds: number;
  /** Of the load of 250 pods. */
  readonly podSeconds: number;
}

const podCount = 250;
/** What Azure documents for IMDS, and the ten milliseconds that it takes. */
const realImds: WorldOptions = { latencyMs: 10, quota: { concurrent: 5, perSecond: 20 } };

/**
 * Prints every figure of the agent as Markdown tables, beside a bare server and upstream's NMI, in the same
 * run on the same machine.
 */
export async function measureNmi(options: BenchOptions): Promise<void> {
  const programs = await bundlePrograms(options.root);
  try {
    const all = peers(programs, upstreamNmi());
    await printRates(all, programs, options);
    await printRealImds(all.slice(1), programs);
    await printManyPods(all, programs, options);
    await printStart(all, programs);
  } finally {
    programs.remove();
  }
}

interface Row extends Measured {
  readonly peer: string;
  readonly load: string;
}

/** In turns, so that all peers meet the same load; the median of the rounds. */
async function printRates(
  all: readonly Peer[],
  programs: BundledPrograms,
  options: BenchOptions,
): Promise<void> {
  const rows: Row[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    for (const peer of all) {
      await inAgentWorld(programs, {}, async (world) => {
        await peer.start(world);
        await wrk(world.bound, { connections: 8, newConnections: false, seconds: 2 });
        for (const newConnections of [false, true]) {
          for (const connections of [1, 8, 32]) {
            const measured = await wrk(world.bound, {
              connections,
              newConnections,
              seconds: options.seconds,
            });
            rows.push({
              peer: peer.name,
              load: `${newConnections ? 'new' : 'kept'}, c=${connections}`,
              ...measured,
            });
          }
        }
      });
    }
  }
  const [floor] = all;
  console.log(
    '| connections | server | requests/s | of bare node | p50 ms | p99 ms | failures |\n|---|---|---|---|---|---|---|',
  );
  for (const load of new Set(rows.map((row) => row.load))) {
    const of = (peer: string) => rows.filter((row) => row.load === load && row.peer === peer);
    const bare = median(of(floor?.name ?? '').map(({ rate }) => rate));
    for (const { name } of all) {
      const own = of(name);
      const rate = median(own.map((row) => row.rate));
      const [p50, p99] = [median(own.map((row) => row.p50)), median(own.map((row) => row.p99))];
      const failures = own.reduce((sum, row) => sum + row.failures, 0);
      print([
        load,
        name,
        rate.toFixed(0),
        (rate / bare).toFixed(2),
        p50.toFixed(2),
        p99.toFixed(2),
        failures,
      ]);
    }
  }
}

async function printRealImds(some: readonly Peer[], programs: BundledPrograms): Promise<void> {
  console.log('\nIMDS at its limits (10 ms, 5 at once, 20 a second), one identity, c=8, ten seconds:\n');
  console.log(
    '| server | requests/s | p50 ms | p99 ms | failures | calls to IMDS |\n|---|---|---|---|---|---|',
  );
  for (const peer of some) {
    await inAgentWorld(programs, realImds, async (world) => {
      await peer.start(world);
      const { rate, p50, p99, failures } = await wrk(world.bound, {
        connections: 8,
        newConnections: false,
        seconds: 10,
      });
      print([peer.name, rate.toFixed(0), p50.toFixed(2), p99.toFixed(2), failures, issued(world)]);
    });
  }
}

async function printManyPods(
  all: readonly Peer[],
  programs: BundledPrograms,
  { podSeconds }: BenchOptions,
): Promise<void> {
  console.log(
    `\n${podCount} pods, two resources each, ${podSeconds} seconds at full speed, IMDS at its limits:\n`,
  );
  console.log(
    '| server | requests/s | p50 ms | p99 ms | answers | calls to IMDS | PSS at rest MB (anonymous) | PSS after MB (anonymous) |\n|---|---|---|---|---|---|---|---|',
  );
  const split: Peer = { name: 'podid, rules and serve apart', start: startSplit };
  for (const peer of [...all.slice(0, 2), split, ...all.slice(2)]) {
    await inAgentWorld(programs, realImds, async (world) => {
      await addPods(world);
      const server = await peer.start(world);
      const rest = showMemory(server);
      const [command, ...core] = pinned.load;
      const load = [process.execPath, programs.path('many-pods'), String(podSeconds), String(podCount)];
      const asked = world.bound.start(command, [...core, ...load]);
      const line = await asked.line(/^\{/);
      const { statuses, p50, p99, rate } = JSON.parse(line) as ManyPods;
      const answers = Object.entries(statuses).map(([status, count]) => `${count}× ${status}`);
      print([peer.name, rate, p50, p99, answers.join(', '), issued(world), rest, showMemory(server)]);
    });
  }
}

interface ManyPods {
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly rate: number;
}

/** All of them behind one veth: the agent distinguishes them by their addresses alone. */
async function addPods(world: AgentWorld): Promise<void> {
  mkdirSync(join(world.folder, 'results'), { recursive: true });
  for (let i = 0; i < podCount; i += 1) {
    const address = `10.244.1.${i + 1}`;
    world.bound.run('ip', 'addr', 'add', `${address}/16`, 'dev', 'eth0');
    await world.seed(podObject(`many-${i}`, address, { aadpodidbinding: 'web' }));
  }
}

/** From exec to the first token in a pod that asks all the time; IMDS without delay. */
async function printStart(all: readonly Peer[], programs: BundledPrograms): Promise<void> {
  console.log('\nFrom exec to the first token in a pod:\n\n| server | ms |\n|---|---|');
  for (const peer of all.slice(1)) {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      await inAgentWorld(programs, {}, async (world) => {
        await (await world.startAgent({ word: 'rules', extra: ['--once'] })).ended;
        const asking = await startAsking(world.bound, programs.path('asker'), 20);
        const begunMs = Date.now();
        const server: readonly Program[] = await peer.start(world);
        const first = await asking.program.line(/"status":200/);
        times.push((JSON.parse(first) as { endedMs: number }).endedMs - begunMs);
        await Promise.all(server.map((program) => program.stop('SIGKILL')));
        await asking.program.stop('SIGKILL');
      });
    }
    print([peer.name, median(times)]);
  }
}

function showMemory(server: readonly Program[]): string {
  const { pssMb, anonymousMb } = memoryOf(server);
  return `${pssMb.toFixed(1)} (${anonymousMb.toFixed(1)})`;
}

function issued(world: AgentWorld): number {
  return world.issued().reduce((sum, { count }) => sum + count, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function print(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
