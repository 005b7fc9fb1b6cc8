import { type MicCluster, machineRequests } from '../../test/cluster/mic-cluster.ts';
import type { Program } from '../../test/node/program.ts';
import type { Figures } from './loads.ts';
import type { Peer } from './peers.ts';
import { type AssignmentWatch, pause } from './watch.ts';

/**
 * Ends the leader while another instance stands by, and sees how long the next pod waits whose identity is on its
 * machine already. @returns seconds, by the signal, and the instance that leads now
 */
export async function measureLeadChanges(
  cluster: MicCluster,
  peer: Peer,
  watch: AssignmentWatch,
  running: Program[],
): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const [leader] = running;
    running.push(peer.start(cluster));
    // The other one is warm: it has looked at the lease, and where it watches meanwhile its watches are full.
    await pause(5_000);
    await leader?.stop(signal);
    running.shift();
    const [ms = Number.NaN] = await watch.assign([
      { name: `after-${signal.toLowerCase()}`, label: 'id-0', node: 's0' },
    ]);
    figures[`after ${signal} of the leader, s`] = ms / 1000;
  }
  return figures;
}

const intervalMs = 5_000;
const intervals = 4;

/**
 * What is asked of Azure while nothing happens, by intervals of the reconcile, which is shortened for it.
 * The instance is started anew, and its first reads do not count.
 */
export async function measureIdle(
  cluster: MicCluster,
  peer: Peer,
  watch: AssignmentWatch,
  running: Program[],
): Promise<Figures> {
  await Promise.all(running.splice(0).map((program) => program.stop('SIGKILL')));
  running.push(peer.start(cluster, [`--identity-assignment-reconcile-interval=${intervalMs}ms`]));
  await watch.assign([{ name: 'before-idle', label: 'id-0', node: 's0' }]);
  await pause(intervalMs);
  const before = machineRequests(cluster.emulator);
  await pause(intervals * intervalMs);
  const after = machineRequests(cluster.emulator);
  return {
    'reads in one interval': (after.reads - before.reads) / intervals,
    PATCHes: after.patches - before.patches,
  };
}
