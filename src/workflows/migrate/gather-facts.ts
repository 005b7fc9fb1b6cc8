import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { IdentityResources } from '../../domain/kubernetes/identity-resources.ts';
import { believedAgents } from '../../domain/kubernetes/own-agents/believed-agents.ts';
import {
  type AgentPod,
  type ConnectedCluster,
  type WorkloadKind,
  workloadKinds,
} from '../../domain/kubernetes/workloads.ts';
import type {
  AzureSide,
  ClusterReadings,
  IdentityReadings,
  MigrationFacts,
} from '../../domain/migrate/migration-facts.ts';
import type { SeenRecord } from '../../domain/migrate/seen.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { hasNoKinds, resourcesForAgents, unlessMissing } from '../doctor/pod-decisions.ts';
import { type Probe, probe, probeNext, readOr } from '../doctor/probe.ts';
import { readFit } from './read-fit.ts';

export type MigrationDeps = Pick<Deps, 'azure' | 'kube' | 'clock' | 'report' | 'signal'>;

export interface FactsRequest {
  readonly cluster: ClusterId;
  /** Only workloads of this namespace. */
  readonly namespace?: string;
}

/**
 * Reads all that a plan is made of, side by side. What may not be read is kept with the reason.
 *
 * @throws PodidError ClusterNotFound | NotSignedIn | InvalidKubeconfig | ClusterUnreachable | MirrorFailed (the objects
 * of pod identity may not be read, and no profile says what they are), and the signal's reason
 */
export async function gatherFacts(deps: MigrationDeps, request: FactsRequest): Promise<MigrationFacts> {
  const { azure, kube, report, signal } = deps;
  report.progress('Reading the cluster, in Azure and through its API');
  const [cluster, api] = await Promise.all([
    probe(signal, () => azure.clusters.get(request.cluster, signal)).then(unlessMissing),
    kube.connect(signal),
  ]);
  const { namespace } = request;
  const [objects, inside, [agents, seen]] = await Promise.all([
    probe(signal, () => api.read(signal)),
    readInside(signal, api, namespace).then(unlessNothing),
    readAgents(signal, api),
  ]);
  const resources = resourcesOf(cluster, objects);
  report.progress('Reading identities and their federated credentials');
  const [identities, fit, tenantId, webhook] = await Promise.all([
    readIdentities(deps, resources, request.cluster),
    readFit(deps, { api, cluster, objects, agents }, resources),
    tenantOf(deps, cluster, request.cluster),
    readOr(cluster, undefined)?.workloadIdentity === true
      ? ({ kind: 'read', value: true } as const)
      : probe(signal, () => api.migration.webhook(signal)),
  ]);
  return {
    ...inside,
    cluster: request.cluster,
    issuer: await probeNext(signal, cluster, async ({ oidcIssuer }) => oidcIssuer?.url),
    tenantId,
    webhook,
    resources,
    objects: hasNoKinds(objects) ? { kind: 'read', value: [] } : objects,
    agents,
    ...fit,
    ...identities,
    // Who may not list the agents is told of it by `agents`.
    seen: readOr(seen, undefined),
  };
}

type Inside = Omit<ClusterReadings, 'webhook'>;

/** Where neither pods nor anything that makes them could be read, no workload would be a finding. */
function unlessNothing(inside: Inside): Inside {
  const readings = [inside.pods, ...inside.workloads.values()];
  const unread = readings.flatMap((reading) => (reading.kind === 'unread' ? [reading.error] : []));
  if (unread[0] !== undefined && unread.length === readings.length) {
    throw unread[0];
  }
  return inside;
}

/** What may run as a service account, of one namespace or of all. */
export async function readUsers(
  signal: AbortSignal,
  { migration }: Pick<ConnectedCluster, 'migration'>,
  namespace: string | undefined,
): Promise<Pick<MigrationFacts, 'workloads' | 'pods'>> {
  const kinds = Object.keys(workloadKinds) as WorkloadKind[];
  const ofKind = async (kind: WorkloadKind) =>
    [kind, await probe(signal, () => migration.workloads(kind, namespace, signal))] as const;
  const [byKind, pods] = await Promise.all([
    Promise.all(kinds.map(ofKind)),
    probe(signal, () => migration.pods(namespace, signal)),
  ]);
  return { workloads: new Map(byKind), pods };
}

function readInside(
  signal: AbortSignal,
  api: ConnectedCluster,
  namespace: string | undefined,
): Promise<Inside> {
  const { migration, workloads } = api;
  const read = <Value>(ask: () => Promise<Value>) => probe(signal, ask);
  const users = readUsers(signal, api, namespace);
  return whenAllAreRead<Inside>({
    workloads: users.then((each) => each.workloads),
    pods: users.then(({ pods }) => pods),
    serviceAccounts: read(() => migration.serviceAccounts(namespace, signal)),
    roleBindings: read(() => migration.roleBindings(namespace, signal)),
    namespaces: read(() => migration.namespaces(namespace, signal)),
    disruptionBudgets: read(() => migration.disruptionBudgets(namespace, signal)),
    providerClasses: read(() => migration.providerClasses(namespace, signal)),
    triggers: read(() => migration.triggers(signal)),
    networkPolicies: read(() => workloads.networkPolicies(namespace, signal)),
    nodes: read(() => workloads.nodes(signal)),
  });
}

async function whenAllAreRead<Readings extends object>(
  asked: {
    readonly [Name in keyof Readings]: Promise<Readings[Name]>;
  },
): Promise<Readings> {
  const names = Object.keys(asked) as (keyof Readings)[];
  const read = await Promise.all(names.map(async (name) => [name, await asked[name]] as const));
  return Object.fromEntries(read) as Readings;
}

/** The agents, and what they saw. */
async function readAgents(
  signal: AbortSignal,
  { workloads, seen }: ConnectedCluster,
): Promise<readonly [Probe<readonly AgentPod[]>, Probe<SeenRecord | undefined>]> {
  const agents = await probe(signal, () => workloads.agents(signal).then(believedAgents));
  return [agents, await probeNext(signal, agents, (all) => seen.record(all, signal))];
}

/** Nothing to migrate is said only where that was read. */
function resourcesOf(cluster: Probe<Cluster>, objects: Probe<ObjectsInCluster>): IdentityResources {
  const hasProfile = readOr(cluster, undefined)?.profile.enabled === true;
  if (objects.kind === 'unread' && !hasNoKinds(objects) && !hasProfile) {
    throw objects.error;
  }
  return resourcesForAgents({ cluster, objects });
}

async function tenantOf(
  { azure, signal }: MigrationDeps,
  cluster: Probe<Cluster>,
  { subscriptionId }: ClusterId,
): Promise<string | undefined> {
  const own = readOr(cluster, undefined)?.identity.tenantId;
  if (own !== undefined) {
    return own;
  }
  const subscription = await probe(signal, () => azure.subscriptions.find(subscriptionId, signal));
  return readOr(subscription, undefined)?.tenantId || undefined;
}

/**
 * One list a subscription says the ids of all; of those that it leaves out each is asked for. An object that names a
 * client id alone is found by that in the cluster's subscription.
 */
async function readIdentities(
  { azure, signal }: MigrationDeps,
  { identities }: IdentityResources,
  { subscriptionId }: ClusterId,
): Promise<Pick<MigrationFacts, 'identities' | 'resourceIds'>> {
  const managed = identities
    .filter(({ spec: { type = 0 } }) => type === 0)
    .map(({ metadata: { namespace, name }, spec: { resourceID = '', clientID = '' } }) => ({
      key: `${namespace}/${name}`,
      clientId: clientID.toLowerCase(),
      resourceId: parseResourceId(resourceID, managedIdentityType)?.text,
    }));
  const subscriptions = managed.map(
    ({ resourceId }) =>
      (resourceId && parseResourceId(resourceId, managedIdentityType)?.subscriptionId) || subscriptionId,
  );
  const listed = await eachConcurrently([...new Set(subscriptions.map((each) => each.toLowerCase()))], (of) =>
    probe(signal, () => azure.identities.list(of, signal)),
  );
  const known = listed.flatMap((probed) => readOr(probed, []));
  const byId = new Map(known.map((identity) => [identity.resourceId.toLowerCase(), identity]));
  const byClientId = new Map(known.map((identity) => [identity.clientId?.toLowerCase() ?? '', identity]));
  const resourceIds = new Map(
    managed.flatMap(({ key, clientId, resourceId }) => {
      const found = resourceId ?? (clientId === '' ? undefined : byClientId.get(clientId)?.resourceId);
      return found === undefined ? [] : [[key, found] as const];
    }),
  );
  const distinct = new Map([...resourceIds.values()].map((id) => [id.toLowerCase(), id]));
  const read = await eachConcurrently(
    [...distinct],
    async ([key, id]): Promise<[string, IdentityReadings]> => {
      const { clientId, tenantId } = byId.get(key) ?? {};
      const credentials = await probe(signal, () => azure.federatedCredentials.list(id, signal));
      const side: Probe<AzureSide> =
        clientId === undefined
          ? await probe(signal, () => azureSide(azure, id, signal))
          : { kind: 'read', value: { kind: 'there', clientId, ...(tenantId ? { tenantId } : {}) } };
      return [key, { azure: side, credentials }];
    },
  );
  return { resourceIds, identities: new Map(read) };
}

async function azureSide(azure: Deps['azure'], id: string, signal: AbortSignal): Promise<AzureSide> {
  try {
    const { clientId, tenantId } = await azure.identities.get(id, signal);
    return { kind: 'there', clientId, ...(tenantId ? { tenantId } : {}) };
  } catch (error) {
    if (isPodidError(error, 'IdentityNotFound')) {
      return { kind: 'gone' };
    }
    throw error;
  }
}
