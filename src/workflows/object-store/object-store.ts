import { lackingOf } from '../../domain/azure/machine-identities.ts';
import { checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { EntryStore, Rehearsal, StoreOptions } from '../../domain/entries/entry-store.ts';
import { objectsEdit } from '../../domain/entries/objects-edit.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { profileOfObjects } from '../../domain/entries/profile-of-objects.ts';
import {
  type CommandFlags,
  clusterFlags,
  nextCommand,
  podidCommand,
} from '../../domain/hints/next-command.ts';
import type { ClusterObjects } from '../../domain/kubernetes/cluster-objects.ts';
import type { Azure, Reporter } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { findLeader, readController } from './controller-side.ts';
import type { NodeSide } from './node-side.ts';
import { identityReader } from './read-identities.ts';
import { refuseAddonException, refusedEntries, throwRefused } from './refused-entries.ts';
import { distinct, rehearseNodes } from './rehearse-nodes.ts';
import { reportWhatStays } from './report-what-stays.ts';

export interface ObjectStoreParts {
  /** Absent where the cluster is reached by a kubeconfig alone: then nothing is known of its nodes. */
  readonly azure?: { readonly ports: Azure; readonly nodes: NodeSide };
  readonly kube: Pick<Deps['kube'], 'objects'>;
  readonly report: Reporter;
  readonly clock: Pick<Clock, 'now'>;
  /** Entries whose identities are looked up in Azure. */
  readonly lookUp: (key: EntryKey) => boolean;
  /** The flags that name the cluster, where no Azure ids do. */
  readonly clusterFlags?: CommandFlags;
}

/**
 * Entries that live as objects in the cluster, on a cluster without the add-on. A write puts the identities
 * on the nodes first and writes the objects then, so that no pod is promised an identity that its node does
 * not have.
 */
export function objectStore(parts: ObjectStoreParts): EntryStore {
  const { azure, report } = parts;
  const lookUp = azure && identityReader(azure.ports.identities, report);
  let connecting: Promise<ClusterObjects> | undefined;
  const connect = (signal: AbortSignal) => {
    connecting ??= parts.kube.objects(signal).catch((error: unknown) => {
      // The next read may connect where this one could not.
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
  const get: EntryStore['get'] = async (id, signal) => {
    const bare = await readBare(azure, id, signal);
    const api = await connect(signal);
    const objects = await api.read(signal);
    const wanted = objects.identities.filter(parts.lookUp).flatMap(({ resourceId }) => resourceId ?? []);
    const controller = azure && (await readController(api, parts.clock, signal));
    const [identities, machines] = await Promise.all([
      lookUp?.(wanted, signal) ?? new Map(),
      controller === undefined ? azure?.nodes.machines(bare, signal) : undefined,
    ]);
    const assigned = controller === undefined ? {} : { assignments: controller.assignments };
    return { ...bare, profile: profileOfObjects(objects, { identities, machines, ...assigned }) };
  };
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

/**
 * The cluster without its entries, as far as Azure is asked at all. @throws PodidError AddonEnabled |
 * ClusterStateForbids
 */
async function readBare(
  azure: ObjectStoreParts['azure'],
  id: ClusterId,
  signal: AbortSignal,
): Promise<Cluster> {
  if (azure === undefined) {
    return unknownCluster(id);
  }
  const cluster = await azure.ports.clusters.get(id, signal);
  if (cluster.profile.enabled) {
    throw addonEnabled(cluster);
  }
  checkClusterState(cluster);
  // Whatever Azure does to the cluster meanwhile, its objects can be written.
  return { ...cluster, id, provisioningState: 'Succeeded' };
}

function addonEnabled({ id, resourceId }: Cluster): PodidError {
  return new PodidError(
    'AddonEnabled',
    `The pod-identity add-on of cluster ${id.name} is on, so its entries are in Azure and AKS writes the objects.`,
    {
      hint: advice`The same command with --mode addon, such as: ${nextCommand('list', id).with('--mode', 'addon').asItStands()}`,
      target: resourceId,
    },
  );
}

/** What is known of a cluster by a kubeconfig alone. */
function unknownCluster(id: ClusterId): Cluster {
  return {
    id,
    resourceId: '',
    location: '',
    provisioningState: 'Succeeded',
    networkPlugin: '',
    identity: { type: '', userAssigned: [] },
    pools: [],
    profile: { enabled: false, allowNetworkPluginKubenet: false, identities: [], exceptions: [] },
    document: '{}',
  };
}
