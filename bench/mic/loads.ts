import {
  deletePods,
  type MachineSeed,
  type MicCluster,
  machineRequests,
} from '../../test/cluster/mic-cluster.ts';
import type { Program } from '../../test/node/program.ts';
import { megabytesOf, type Peer } from './peers.ts';
import { type AssignmentWatch, pause, percentile } from './watch.ts';

/** What one load has to be measured with. */
export interface LoadRig {
  readonly cluster: MicCluster;
  readonly peer: Peer;
  readonly mic: Program;
  readonly watch: AssignmentWatch;
  /** What the durations of Azure's operations are multiplied by. */
  readonly scale: number;
}

/** By figure, what came out. Seconds, milliseconds, megabytes and counts, as its name says. */
export type Figures = Readonly<Record<string, number>>;

export interface Load {
  readonly name: string;
  readonly title: string;
  /** The most that is asked for of podid-mic, by figure. */
  asked(scale: number): Figures;
  /** Upstream's own defaults take minutes here: only `--full` waits for them. */
  readonly isLongForDefaults: boolean;
  measure(rig: LoadRig): Promise<Figures>;
}

export const identityNames = Array.from({ length: 20 }, (_, number) => `id-${number}`);
const labelOf = (number: number) => identityNames[number % identityNames.length] ?? '';
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

/** Seconds that Azure takes for a PATCH: of a scale set, and of a virtual machine. */
export const patchSeconds = { scaleSet: [40, 60], virtualMachine: [10, 20] } as const;

export const machines: readonly MachineSeed[] = [
  { kind: 'virtualMachineScaleSets', name: 'pool', nodes: numbers(50).map((number) => `s${number}`) },
  { kind: 'virtualMachineScaleSets', name: 'small', nodes: ['small-0'] },
  // Each has the name of its node, by which upstream's MIC addresses it.
  ...numbers(50).map(
    (number): MachineSeed => ({ kind: 'virtualMachines', name: `v${number}`, nodes: [`v${number}`] }),
  ),
];

/** In the order in which they are run: each begins with what those before it have left. */
export const loads: readonly Load[] = [
  {
    name: 'burst',
    title: '1,000 pods at once, 20 identities, 50 nodes of one scale set',
    isLongForDefaults: true,
    asked: (scale) => ({ 'all assigned, s': 60 * scale + 10, PATCHes: 1, 'memory after it, MB': 90 }),
    async measure(rig) {
      const pods = numbers(1_000).map((number) => ({
        name: `b-${number}`,
        label: labelOf(number),
        node: `s${number % 50}`,
      }));
      const { now: atStart } = megabytesOf(rig.mic);
      const measured = await assigned(rig, () => rig.watch.assign(pods));
      // Memory that a collector has not come to yet counts.
      const { peak, now } = megabytesOf(rig.mic);
      return {
        ...measured,
        'memory before it, MB': atStart,
        'memory after it, MB': now,
        'peak of it, MB': peak,
      };
    },
  },
  {
    name: 'warm',
    title: 'a pod whose identity is on its machine, 100 times',
    isLongForDefaults: false,
    asked: () => ({ 'p50, ms': 60, 'p99, ms': 150, 'requests to Azure': 0 }),
    async measure({ cluster, watch }) {
      const first = { name: 'w-first', label: labelOf(0), node: 's0' };
      await watch.assign([first]);
      const before = machineRequests(cluster.emulator);
      const times: number[] = [];
      for (const number of numbers(100)) {
        times.push(...(await watch.assign([{ ...first, name: `w-${number}` }])));
        await pause(100 + ((number * 37) % 200));
      }
      times.sort((one, other) => one - other);
      const after = machineRequests(cluster.emulator);
      return {
        'p50, ms': percentile(times, 0.5),
        'p99, ms': percentile(times, 0.99),
        'requests to Azure': after.patches + after.reads - before.patches - before.reads,
      };
    },
  },
  {
    name: 'removals',
    title: 'all those pods go at once',
    isLongForDefaults: true,
    asked: () => ({ 'after the last pod, s': 10 }),
    async measure({ cluster, watch }) {
      const listed = cluster.api.kubectl('get', 'pods', '-n', 'demo', '-o', 'name');
      const pods = listed.split('\n').flatMap((line) => /^pod\/(.+)$/.exec(line)?.[1] ?? []);
      await deletePods(cluster, pods);
      const goneMs = performance.now();
      const emptyMs = await watch.untilLeft(0);
      return {
        assignments: pods.length,
        'after the last pod, s': Math.max(0, emptyMs - goneMs) / 1000,
      };
    },
  },
  {
    name: 'machines',
    title: '1,000 pods at once on 50 virtual machines, 20 identities each',
    isLongForDefaults: true,
    asked: (scale) => ({ 'all assigned, s': 60 + 20 * scale + 10, 'reads and polls': 60, PATCHes: 50 }),
    async measure(rig) {
      const pods = numbers(1_000).map((number) => ({
        name: `c-${number}`,
        label: labelOf(number),
        node: `v${Math.floor(number / 20)}`,
      }));
      const figures = await assigned(rig, () => rig.watch.assign(pods));
      const { peak, now } = megabytesOf(rig.mic);
      return { ...figures, 'memory after it, MB': now, 'peak of it, MB': peak };
    },
  },
  {
    name: 'trickle',
    title: '100 pods over 5 s on one node, 20 identities',
    isLongForDefaults: false,
    asked: (scale) => ({ 'all assigned, s': 2 * 60 * scale + 3, PATCHes: 2 }),
    measure(rig) {
      const pods = numbers(100).map((number) => ({
        name: `a-${number}`,
        label: labelOf(number),
        node: 'small-0',
      }));
      return assigned(rig, () => rig.watch.assign(pods, { overMs: 5_000 }));
    },
  },
];

async function assigned({ cluster }: LoadRig, run: () => Promise<readonly number[]>): Promise<Figures> {
  const before = machineRequests(cluster.emulator);
  const beganMs = performance.now();
  const times = await run();
  const after = machineRequests(cluster.emulator);
  return {
    'p50, s': percentile(times, 0.5) / 1000,
    'all assigned, s': (performance.now() - beganMs) / 1000,
    'reads and polls': after.reads + after.polls - before.reads - before.polls,
    PATCHes: after.patches - before.patches,
  };
}
