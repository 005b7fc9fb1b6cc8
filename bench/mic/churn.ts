import {
  createPods,
  deletePods,
  type MachineSeed,
  type MicCluster,
  machineRequests,
  type PodSeed,
  resourceOf,
  startMicCluster,
} from '../../test/cluster/mic-cluster.ts';
import { identityNames } from './loads.ts';
import { megabytesOf, type Peer } from './peers.ts';
import { watchRemovals } from './removals.ts';
import { pause, watchOf } from './watch.ts';

export interface Churn {
  /** Pods that go, each of them replaced by one of another name. */
  readonly pods: number;
  /** The most that are replaced in a second; the machine may carry fewer. */
  readonly perSecond: number;
}

const standing = 5_000;
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

/** 500 nodes: 400 of ten scale sets, and 100 virtual machines. */
const machines: readonly MachineSeed[] = [
  ...numbers(10).map(
    (pool): MachineSeed => ({
      kind: 'virtualMachineScaleSets',
      name: `pool-${pool}`,
      nodes: numbers(40).map((node) => `s${pool}-${node}`),
    }),
  ),
  ...numbers(100).map(
    (number): MachineSeed => ({ kind: 'virtualMachines', name: `vm-${number}`, nodes: [`v${number}`] }),
  ),
];
const nodes = machines.flatMap((machine) => machine.nodes);
/** Of the hour that this stands for. */
const podsPerSecondOfTheHour = 5;
/** Of the machine's own identities and of each that an administrator has put there. */
const othersIdentity = 'of-others';

/**
 * An hour in a cluster of 5,000 pods, compressed: 18,000 of them go and others come. Sees that nothing piles up, and
 * that nothing is taken that is in use or not podid's. Sets the exit code where something does.
 */
export async function printChurn(peer: Peer, churn: Churn): Promise<void> {
  await using cluster = await startMicCluster('mic-churn', {
    identities: identityNames,
    machines,
    settings: { scaleSetOperationMs: [4_000, 6_000], virtualMachineOperationMs: [1_000, 2_000] },
    tls: true,
  });
  putByOthers(cluster);
  // Identities go soon after their last pod, so that removals happen all along.
  const mic = peer.start(cluster, ['--removal-delay=5s']);
  const watch = watchOf(cluster);
  const removals = watchRemovals(cluster, machines);
  try {
    await mic.line(/"the ledger is open"/);
    const next = podMaker();
    const live = numbers(standing).map(next);
    removals.need(live);
    await watch.assign(live);
    console.error(`${standing} pods have their identities`);
    const before = machineRequests(cluster.emulator);
    const beganMs = performance.now();
    const memory: number[] = [];
    for (let done = 0; done < churn.pods; ) {
      const turnMs = performance.now();
      const gone = live.splice(0, Math.min(churn.perSecond, churn.pods - done));
      const come = gone.map(next);
      live.push(...come);
      removals.need(come);
      await createPods(cluster, come, () => undefined);
      removals.release(gone);
      await deletePods(
        cluster,
        gone.map(({ name }) => name),
      );
      done += gone.length;
      removals.look();
      memory.push(megabytesOf(mic).now);
      await pause(1_000 - (performance.now() - turnMs));
    }
    const seconds = (performance.now() - beganMs) / 1000;
    const endedMs = performance.now();
    await watch.untilAssigned(live.map(({ name }) => name));
    await watch.untilLeft(standing);
    const behind = (performance.now() - endedMs) / 1000;
    removals.look();
    const after = machineRequests(cluster.emulator);
    print({
      ...{ 'pods replaced': churn.pods, 'took, s': seconds },
      'faster than the hour by': churn.pods / podsPerSecondOfTheHour / seconds,
      'behind at the end, s': behind,
      ...{ PATCHes: after.patches - before.patches, 'reads of machines': after.reads - before.reads },
      'identities removed': removals.removed,
      ...quarters(memory),
      'peak memory, MB': megabytesOf(mic).peak,
      'of others removed': removals.ofOthers(othersIdentity),
      'removed in use': removals.inUse.length,
    });
    for (const breach of removals.inUse) {
      console.error(breach);
    }
    const [, second = 0, , fourth = 0] = Object.values(quarters(memory));
    const isWrong = removals.inUse.length + removals.ofOthers(othersIdentity) > 0;
    if (isWrong || behind > mostBehindSeconds || fourth > second * 1.2) {
      process.exitCode = 1;
    }
  } finally {
    watch.stop();
    await mic.stop('SIGKILL');
  }
}

/** A queue that keeps up is empty within a change of a machine and the delay of its turn. */
const mostBehindSeconds = 30;

/** Each pod on the next node. One in eight has an identity that was not on its machine before, or not lately. */
function podMaker(): () => PodSeed {
  let number = 0;
  return () => {
    number += 1;
    const place = number % nodes.length;
    const roams = number % 8 === 0 ? Math.floor(number / standing) * 3 + (number % 3) : 0;
    return {
      name: `p-${number}`,
      label: identityNames[(place * 7 + roams) % identityNames.length] ?? '',
      node: nodes[place] ?? '',
    };
  };
}

/** On every tenth machine stands an identity that an administrator has put there. */
function putByOthers({ emulator }: MicCluster): void {
  for (const { name } of machines.filter((_machine, index) => index % 10 === 0)) {
    const found = [...emulator.world.machines].find(([id]) => id.endsWith(`/${name}`));
    const userAssignedIdentities = { [resourceOf(othersIdentity)]: {} };
    Object.assign(found?.[1] ?? {}, { identity: { type: 'UserAssigned', userAssignedIdentities } });
  }
}

/** Whether memory grows shows over the four quarters of the run. */
function quarters(memory: readonly number[]): Record<string, number> {
  const length = Math.max(1, Math.floor(memory.length / 4));
  return Object.fromEntries(
    [0, 1, 2, 3].map((quarter) => {
      const part = memory.slice(quarter * length, (quarter + 1) * length);
      return [
        `memory in quarter ${quarter + 1}, MB`,
        part.reduce((sum, each) => sum + each, 0) / Math.max(1, part.length),
      ];
    }),
  );
}

function print(figures: Readonly<Record<string, number>>): void {
  console.log('| 5,000 pods on 500 nodes: 10 scale sets and 100 virtual machines | |');
  console.log('|---|---|');
  for (const [name, value] of Object.entries(figures)) {
    console.log(`| ${name} | ${Number.isInteger(value) ? value : value.toFixed(1)} |`);
  }
}
