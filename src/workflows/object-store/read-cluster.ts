import { checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import type { EntryKey, PodIdentity } from '../../domain/entries/pod-identity.ts';
import { profileOfObjects } from '../../domain/entries/profile-of-objects.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ReachedObjects } from '../../domain/kubernetes/workloads.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { entriesText } from '../change/name-objects-in-cluster.ts';
import { readExchangeDefaults } from './agent-side.ts';
import { readController } from './controller-side.ts';
import { podCounter } from './count-pods-of-entries.ts';
import type { ObjectStoreParts } from './object-store-parts.ts';
import { identityReader } from './read-identities.ts';

type Reader = Pick<EntryStore, 'get'> & Required<Pick<EntryStore, 'getWithPods'>>;

/** How a cluster is read whose entries are objects: as its add-on's profile would be. */
export function clusterReader(
  parts: Pick<ObjectStoreParts, 'azure' | 'clock' | 'report' | 'lookUp'>,
  connect: (signal: AbortSignal) => Promise<ReachedObjects>,
): Reader {
  const { azure, clock, report } = parts;
  const lookUp = azure && identityReader(azure.ports.identities, report);
  const read = async (id: ClusterId, signal: AbortSignal) => {
    const bare = await readBare(azure, id, signal);
    const api = await connect(signal);
    const objects = await api.read(signal);
    const wanted = objects.identities.filter(parts.lookUp).flatMap(({ resourceId }) => resourceId ?? []);
    const controller = azure && (await readController(api, clock, signal));
    const ofNodes = controller === undefined ? azure?.nodes : undefined;
    const [identities, machines, exchange] = await Promise.all([
      lookUp?.(wanted, signal) ?? new Map(),
      ofNodes?.machines(bare, signal),
      ofNodes && readExchangeDefaults(api, signal),
    ]);
    const assigned = controller === undefined ? {} : { assignments: controller.assignments };
    const facts = { identities, machines, ...assigned, ...(exchange === undefined ? {} : { exchange }) };
    return { api, objects, cluster: { ...bare, profile: profileOfObjects(objects, facts) } };
  };
  const countIn = podCounter({ clock, report });
  return {
    get: async (id, signal) => (await read(id, signal)).cluster,
    async getWithPods(id, namespace, signal) {
      const { api, objects, cluster } = await read(id, signal);
      return withPods(cluster, await countIn({ api, objects, namespace }, signal));
    },
  };
}

function withPods(cluster: Cluster, count: ((key: EntryKey) => number) | undefined): Cluster {
  if (count === undefined) {
    return cluster;
  }
  const { profile } = cluster;
  const counted = (entry: PodIdentity) => ({ ...entry, podCount: count(entry) });
  const servicePrincipals = profile.servicePrincipals?.map(counted);
  return {
    ...cluster,
    profile: {
      ...profile,
      identities: profile.identities.map(counted),
      ...(servicePrincipals === undefined ? {} : { servicePrincipals }),
    },
  };
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

function addonEnabled({ id, resourceId, profile }: Cluster): PodidError {
  const entries = entriesText(profile.identities.length, profile.exceptions.length) || 'no entries yet';
  const list = nextCommand('list', id).with('--mode', 'addon').asItStands();
  return new PodidError(
    'AddonEnabled',
    `The pod-identity add-on of cluster ${id.name} is on, so entries are in Azure (${entries}), and AKS writes the objects.`,
    {
      hint: advice`Give the same command with --mode addon, or set PODID_MODE=addon; to see them: ${list}`,
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
