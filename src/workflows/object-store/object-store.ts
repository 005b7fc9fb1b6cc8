import { lackingOf } from '../../domain/azure/machine-identities.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { EntryStore, Rehearsal, StoreOptions } from '../../domain/entries/entry-store.ts';
import { objectsEdit } from '../../domain/entries/objects-edit.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { clusterFlags, podidCommand } from '../../domain/hints/next-command.ts';
import type { ReachedObjects } from '../../domain/kubernetes/workloads.ts';
import { findLeader } from './controller-side.ts';
import type { NodeSide } from './node-side.ts';
import type { ObjectStoreParts } from './object-store-parts.ts';
import { clusterReader } from './read-cluster.ts';
import { refuseAddonException, refusedEntries, throwRefused } from './refused-entries.ts';
import { distinct, rehearseNodes } from './rehearse-nodes.ts';
import { reportWhatStays } from './report-what-stays.ts';

/**
 * Entries that live as objects in the cluster, on a cluster without the add-on. A write puts the identities
 * on the nodes first and writes the objects then, so that no pod is promised an identity that its node does
 * not have.
 */
export function objectStore(parts: ObjectStoreParts): EntryStore {
  const { azure, report } = parts;
  let connecting: Promise<ReachedObjects> | undefined;
  const connect = (signal: AbortSignal) => {
    connecting ??= parts.kube.objects(signal).catch((error: unknown) => {
      // The next read may connect where this one could not.
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
  const { get, getWithPods } = clusterReader(parts, connect);
  /** None in standard mode, where the controller puts identities on them, for pods that ask, and takes them off. */
  const nodesToChange = async (signal: AbortSignal) => {
    const leader = azure && (await findLeader(await connect(signal), parts.clock, signal));
    return leader === undefined ? azure?.nodes : undefined;
  };
  const command: EntryStore['command'] = (words, cluster, flags) => {
    const named = parts.clusterFlags ?? clusterFlags(cluster);
    return podidCommand(words.split(' '), { ...named, mode: 'cluster', ...flags });
  };
  const rehearse = async (
    base: Cluster,
    edit: ProfileEdit,
    { force, signal }: StoreOptions,
  ): Promise<Rehearsal> => {
    refuseAddonException(edit);
    const api = await connect(signal);
    const ownNodes = await nodesToChange(signal);
    const [objects, nodes = nothingOnNodes] = await Promise.all([
      api.mirror(objectsEdit(base.profile, edit, { force, dryRun: true }), signal),
      ownNodes && rehearseNodes(ownNodes, base, edit, signal),
    ]);
    return {
      objects,
      machines: nodes.machines,
      refused: [...refusedEntries(objects), ...nodes.refused],
    };
  };
  return {
    get,
    getWithPods,
    async put(base, edit, options) {
      const { force, signal } = options;
      refuseAddonException(edit);
      const nodes = await nodesToChange(signal);
      if (nodes) {
        await assignMissing(nodes, base, edit, options);
      }
      const api = await connect(signal);
      report.progress('Writing the objects in the cluster');
      const objects = await api.mirror(objectsEdit(base.profile, edit, { force, dryRun: false }), signal);
      throwRefused(refusedEntries(objects));
      const cluster = await get(base.id, signal);
      if (nodes) {
        await reportWhatStays({ nodes, report }, base, { cluster, edit }, signal);
      }
      return { cluster };
    },
    // A write is whole when `put` returns: there is nothing to follow.
    follow: () => Promise.resolve({ status: 'Succeeded' }),
    rehearse,
    async checkWritable(base, edit, options) {
      throwRefused((await rehearse(base, edit, options)).refused);
    },
    replacesInPlace: true,
    deadEntryBlocks: false,
    acceptor: "The cluster's API",
    failureText: (entry) => `Pod identity ${entryText(entry)} is ${entry.provisioningState}`,
    command,
    statusCommand: (id) => command('list', id),
    followUpCommand: (id) => command('list', id),
  };
}

const nothingOnNodes: Pick<Rehearsal, 'machines' | 'refused'> = { machines: [], refused: [] };

/** Sends nothing where every node has what the entries need. */
async function assignMissing(
  nodes: NodeSide,
  base: Cluster,
  edit: ProfileEdit,
  options: StoreOptions,
): Promise<void> {
  const ids = distinct((edit.putIdentities ?? []).map(({ identity }) => identity.resourceId));
  if (ids.length === 0) {
    return;
  }
  const machines = await nodes.machines(base, options.signal);
  const isThere = machines !== undefined && machines.length > 0;
  if (isThere && machines.every((machine) => lackingOf(machine, ids).length === 0)) {
    return;
  }
  await nodes.assign(base, ids, options);
}
