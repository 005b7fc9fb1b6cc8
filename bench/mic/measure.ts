import { type MicCluster, startMicCluster } from '../../test/cluster/mic-cluster.ts';
import type { Program } from '../../test/node/program.ts';
import { printChurn } from './churn.ts';
import { measureIdle, measureLeadChanges } from './lead-changes.ts';
import { type Figures, identityNames, type Load, loads, machines, patchSeconds } from './loads.ts';
import { type Peer, peers } from './peers.ts';
import { printScenes } from './scenes.ts';
import { watchOf } from './watch.ts';

export interface MicBenchOptions {
  /** The repository. */
  readonly root: string;
  readonly full: boolean;
  readonly what: 'loads' | 'scenes' | 'churn';
  /** A word in the names of the peers; empty: all. */
  readonly only: string;
  /** Names of loads; empty: all. */
  readonly loads: readonly string[];
  /** A word of the titles of scenes; empty: all. */
  readonly scene: string;
  readonly churn: { readonly pods: number; readonly perSecond: number };
}

/** Prints what was asked for. Sets the exit code where a figure of podid-mic is not what it shall be. */
export async function measureMic(options: MicBenchOptions): Promise<void> {
  const { root, what, churn, only, scene } = options;
  const all = peers(root).filter(({ name }) => name.includes(only));
  const [podid] = all;
  if (what === 'scenes') {
    await printScenes(
      all.filter(({ name }) => name !== 'upstream, tuned'),
      scene,
    );
  } else if (what === 'churn' && podid !== undefined) {
    await printChurn(podid, churn);
  } else {
    await printLoads(all, options);
  }
}

/** What does not belong to one of the loads. */
const more: readonly Pick<Load, 'name' | 'title' | 'asked'>[] = [
  {
    name: 'idle',
    title: 'nothing happens: 52 machines of two kinds in one group',
    asked: () => ({ 'reads in one interval': 2, PATCHes: 0 }),
  },
  {
    name: 'lead',
    title: 'the leader ends, and a second instance stands by',
    asked: () => ({ 'after SIGTERM of the leader, s': 2, 'after SIGKILL of the leader, s': 16 }),
  },
];

/** By load, by peer. */
type Results = Map<string, Map<Peer['name'], Figures>>;

async function printLoads(all: readonly Peer[], { full, loads: wanted }: MicBenchOptions): Promise<void> {
  const scale = full ? 1 : 0.1;
  const isWanted = ({ name }: { readonly name: string }) => wanted.length === 0 || wanted.includes(name);
  const results: Results = new Map();
  for (const peer of all) {
    const isShort = peer.name === 'upstream' && !full;
    const some = loads.filter((load) => isWanted(load) && !(isShort && load.isLongForDefaults));
    await runPeer(peer, { some, scale, isWanted, results });
  }
  console.log(
    `A PATCH takes ${range(patchSeconds.scaleSet, scale)} for a scale set and ${range(patchSeconds.virtualMachine, scale)} for a virtual machine` +
      `${full ? ', as in Azure' : ', a tenth of what it takes in Azure'}; Azure throttles nobody here, and podid-mic keeps to its documented limits all the same.` +
      ' "Tuned" is upstream with --clientQps=100 --createDeleteBatch=100.\n',
  );
  const rows = [...loads, ...more].filter(({ name }) => results.has(name));
  console.log('| load | figure | asked, at most | podid | upstream, tuned | upstream | upstream / podid |');
  console.log('|---|---|---|---|---|---|---|');
  for (const load of rows) {
    for (const line of linesOf(load, results.get(load.name) ?? new Map(), scale)) {
      console.log(line);
    }
  }
}

async function runPeer(
  peer: Peer,
  {
    some,
    scale,
    isWanted,
    results,
  }: {
    readonly some: readonly Load[];
    readonly scale: number;
    readonly isWanted: (load: { readonly name: string }) => boolean;
    readonly results: Results;
  },
): Promise<void> {
  await using cluster = await startMicCluster('mic-bench', {
    identities: identityNames,
    machines,
    settings: azureTime(scale),
    tls: true,
  });
  const running: Program[] = [peer.start(cluster)];
  const watch = watchOf(cluster);
  const keep = (name: string, figures: Figures) => {
    console.error(`${peer.name}: ${name}: ${JSON.stringify(figures)}`);
    const ofLoad = results.get(name) ?? new Map<Peer['name'], Figures>();
    results.set(name, ofLoad.set(peer.name, figures));
  };
  try {
    await untilItLeads(peer, cluster, running);
    for (const load of some) {
      const [mic] = running;
      if (mic !== undefined) {
        keep(load.name, await load.measure({ cluster, peer, mic, watch, scale }));
      }
    }
    if (isWanted({ name: 'idle' })) {
      keep('idle', await measureIdle(cluster, peer, watch, running));
    }
    if (isWanted({ name: 'lead' })) {
      keep('lead', await measureLeadChanges(cluster, peer, watch, running));
    }
  } finally {
    watch.stop();
    await Promise.all(running.map((program) => program.stop('SIGKILL')));
  }
}

/** Azure's own durations, all multiplied. */
export function azureTime(scale: number): object {
  const [scaleSet, virtualMachine] = [patchSeconds.scaleSet, patchSeconds.virtualMachine].map((range) =>
    range.map((seconds) => seconds * 1000 * scale),
  );
  return { scaleSetOperationMs: scaleSet, virtualMachineOperationMs: virtualMachine };
}

/** Its first lists are in, and it holds the lease: a start is none of the loads. */
async function untilItLeads(peer: Peer, cluster: MicCluster, [mic]: readonly Program[]): Promise<void> {
  if (peer.name === 'podid') {
    await mic?.line(/"the ledger is open"/);
    return;
  }
  const watch = watchOf(cluster);
  await watch.assign([{ name: 'first', label: 'id-0', node: 'small-0' }]);
  watch.stop();
}

function linesOf(
  { title, asked }: Pick<Load, 'title' | 'asked'>,
  byPeer: ReadonlyMap<Peer['name'], Figures>,
  scale: number,
): string[] {
  const limits = asked(scale);
  const figures = [...new Set([...byPeer.values()].flatMap((each) => Object.keys(each)))];
  return figures.map((figure, index) => {
    const [podid, tuned, plain] = (['podid', 'upstream, tuned', 'upstream'] as const).map(
      (name) => byPeer.get(name)?.[figure],
    );
    const limit = limits[figure];
    const missed = limit !== undefined && podid !== undefined && podid > limit;
    if (missed) {
      process.exitCode = 1;
    }
    const peer = plain ?? tuned;
    const ratio = podid === undefined || peer === undefined || podid === 0 ? '' : (peer / podid).toFixed(1);
    const cells = [limit, podid, tuned, plain].map(shown);
    return `| ${index === 0 ? title : ''} | ${figure} | ${cells[0]} | ${cells[1]}${missed ? ' **missed**' : ''} | ${cells[2]} | ${cells[3]} | ${ratio} |`;
  });
}

function shown(value: number | undefined): string {
  return value === undefined
    ? ''
    : value >= 100 || Number.isInteger(value)
      ? value.toFixed(0)
      : value.toPrecision(2);
}

function range([least, most]: readonly [number, number], scale: number): string {
  return `${least * scale}–${most * scale} s`;
}
