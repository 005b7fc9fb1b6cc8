import type {
  AccessFacts,
  AzureSideOfIdentity,
  SubscriptionRoles,
} from '../../domain/access/access-facts.ts';
import { namedResources } from '../../domain/access/known-identities.ts';
import { grantsOf } from '../../domain/access/rbac.ts';
import { isGuard } from '../../domain/access/ways/guards.ts';
import { type Machine, machineOfNode } from '../../domain/azure/machines.ts';
import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import {
  type AgentPod,
  type ClusterNode,
  type ConnectedCluster,
  type WorkloadKind,
  workloadKinds,
} from '../../domain/kubernetes/workloads.ts';
import type { IdentitySummary } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { hasNoKinds, resourcesForAgents, unlessMissing } from '../doctor/pod-decisions.ts';
import { type Probe, probe, probeNext, readOr } from '../doctor/probe.ts';
import { readFit } from '../migrate/read-fit.ts';

export type AccessDeps = Pick<Deps, 'azure' | 'kube' | 'clock' | 'report' | 'signal'>;

export interface GatherRequest {
  readonly cluster: ClusterId;
  /** A managed identity to report on even where nothing in the cluster names it. */
  readonly alsoIdentity?: string;
}

/**
 * Reads all that an access report is made of, and changes nothing. What may not be read is kept with the reason.
 *
 * @throws PodidError ClusterNotFound | NotSignedIn | InvalidKubeconfig | ClusterUnreachable, and the signal's reason
 */
export async function gatherAccess(deps: AccessDeps, request: GatherRequest): Promise<AccessFacts> {
  const { azure, kube, report, signal } = deps;
  report.progress('Reading the cluster, in Azure and through its API');
  const [cluster, api] = await Promise.all([
    probe(signal, () => azure.clusters.get(request.cluster, signal)).then(unlessMissing),
    kube.connect(signal),
  ]);
  const read = <Value>(ask: () => Promise<Value>) => probe(signal, ask);
  const [objects, inside, nodes, agents, serviceAccounts, rbac, identityBindings, listed] = await Promise.all(
    [
      read(() => api.read(signal)),
      readInside(signal, api),
      read(() => api.workloads.nodes(signal)),
      read(() => api.workloads.agents(signal)),
      read(() => api.migration.serviceAccounts(undefined, signal)),
      read(() => api.access.rbac(signal)),
      read(() => azure.identityBindings.list(request.cluster, signal)),
      read(() => azure.identities.list(request.cluster.subscriptionId, signal)),
    ],
  );
  unlessAway([objects, nodes, agents, serviceAccounts, rbac, inside.pods, ...inside.workloads.values()]);
  const resources = resourcesForAgents({ cluster, objects });
  const grants = rbac.kind === 'read' ? grantsOf(rbac.value) : undefined;
  // Any other pod that is labelled as an agent says what whoever made it likes.
  const guards: typeof agents =
    agents.kind === 'read'
      ? { ...agents, value: agents.value.filter((agent) => isGuard(agent, grants) !== false) }
      : agents;
  report.progress('Reading identities, their roles and federated credentials');
  const [machines, fit, seen] = await Promise.all([
    readMachines(deps, nodes),
    readFit(deps, { api, cluster, objects, agents: guards }, resources),
    probeNext(signal, guards, (all) => api.seen.record(all, signal)),
  ]);
  const idsByClient = new Map(
    readOr(listed, []).flatMap(({ clientId, resourceId }) =>
      clientId ? [[clientId.toLowerCase(), resourceId] as const] : [],
    ),
  );
  const known = { cluster, resources, machines, identityBindings, serviceAccounts, idsByClient };
  const also = request.alsoIdentity === undefined ? [] : [request.alsoIdentity];
  const ids = [...new Map([...namedResources(known), ...also].map((id) => [id.toLowerCase(), id])).values()];
  const [sides, roles] = await Promise.all([
    readSides(deps, ids, readOr(listed, [])),
    readRoles(deps, [...ids, `/subscriptions/${request.cluster.subscriptionId}/`]),
  ]);
  return {
    ...known,
    ...fit,
    id: request.cluster,
    objects: hasNoKinds(objects) ? { kind: 'read', value: [] } : objects,
    ...inside,
    nodes,
    agents,
    rbac,
    azure: sides,
    roles,
    exchange: exchangeOf(guards),
    seen,
  };
}

/** Where the cluster answers nothing at all, a report would read as if nobody could get anything. What it refuses is unknown. */
function unlessAway(readings: readonly Probe<unknown>[]): void {
  const away = readings.flatMap((reading) =>
    reading.kind === 'unread' && isPodidError(reading.error, 'ClusterUnreachable') ? [reading.error] : [],
  );
  if (away[0] !== undefined && away.length === readings.length) {
    throw away[0];
  }
}

/** Pods, and what makes them: a workload without pods is a way, too. */
async function readInside(
  signal: AbortSignal,
  { access, migration }: ConnectedCluster,
): Promise<Pick<AccessFacts, 'pods' | 'workloads' | 'namespaces'>> {
  const kinds = Object.keys(workloadKinds) as WorkloadKind[];
  const [pods, namespaces, ...workloads] = await Promise.all([
    probe(signal, () => access.pods(signal)),
    probe(signal, () => migration.namespaces(undefined, signal)),
    ...kinds.map(async (kind) => {
      const reading = await probe(signal, () => migration.workloads(kind, undefined, signal));
      return [kind, reading] as const;
    }),
  ]);
  return { pods, namespaces, workloads: new Map(workloads) };
}

function exchangeOf(agents: Probe<readonly AgentPod[]>): AccessFacts['exchange'] {
  return readOr(agents, []).find(({ exchange }) => exchange !== undefined)?.exchange;
}

function readMachines(
  { azure, signal }: AccessDeps,
  nodes: Probe<readonly ClusterNode[]>,
): Promise<Probe<readonly Machine[]>> {
  return probeNext(signal, nodes, async (all) => {
    const ids = new Map(
      all.flatMap(({ providerId }) => {
        const id = machineOfNode(providerId);
        return id === undefined ? [] : [[id.toLowerCase(), id] as const];
      }),
    );
    const found = await eachConcurrently([...ids.values()], (id) =>
      azure.machines.get(id, signal).catch((error: unknown) => {
        // A machine that went while its node is still listed carries nothing; which it was stays unknown.
        if (isPodidError(error, 'MachineNotFound')) {
          return [];
        }
        throw error;
      }),
    );
    return found.flat();
  });
}

/** One list said the ids of most; of the others each is asked for. */
async function readSides(
  { azure, signal }: AccessDeps,
  ids: readonly string[],
  listed: readonly IdentitySummary[],
): Promise<AccessFacts['azure']> {
  const byId = new Map(listed.map((identity) => [identity.resourceId.toLowerCase(), identity]));
  const sides = await eachConcurrently(ids, async (id): Promise<readonly [string, AzureSideOfIdentity]> => {
    const known = byId.get(id.toLowerCase());
    const [credentials, found] = await Promise.all([
      probe(signal, () => azure.federatedCredentials.list(id, signal)),
      known?.clientId && known.principalId
        ? { kind: 'read' as const, value: known }
        : probe(signal, () => azure.identities.get(id, signal)),
    ]);
    return [id.toLowerCase(), sideOf(id, found, credentials)];
  });
  return new Map(sides);
}

function sideOf(
  id: string,
  found: Probe<
    IdentitySummary | { readonly resourceId: string; readonly clientId: string; readonly principalId: string }
  >,
  credentials: AzureSideOfIdentity['credentials'],
): AzureSideOfIdentity {
  if (found.kind === 'unread') {
    return isPodidError(found.error, 'IdentityNotFound')
      ? // Nobody trusts anybody in its name any more.
        { resourceId: id, state: { kind: 'read', value: 'gone' }, credentials: { kind: 'read', value: [] } }
      : { resourceId: id, state: found, credentials };
  }
  const { resourceId, clientId, principalId } = found.value;
  return {
    resourceId,
    state: { kind: 'read', value: 'there' },
    ...(clientId === undefined ? {} : { clientId }),
    ...(principalId === undefined ? {} : { principalId }),
    credentials,
  };
}

/** One list a subscription, instead of two for each identity. */
function readRoles(
  { azure, signal }: AccessDeps,
  ids: readonly string[],
): Promise<readonly SubscriptionRoles[]> {
  const subscriptions = new Map(
    ids.flatMap((id) => {
      const [, subscription] = /^\/subscriptions\/([^/]+)\//i.exec(id) ?? [];
      return subscription === undefined ? [] : [[subscription.toLowerCase(), subscription] as const];
    }),
  );
  return eachConcurrently([...subscriptions.values()], async (subscriptionId) => {
    const assignments = await probe(signal, () => azure.roles.assignmentsIn(subscriptionId, signal));
    const roleIds = new Map(
      readOr(assignments, []).map(({ roleDefinitionId }) => [
        roleDefinitionId.toLowerCase(),
        roleDefinitionId,
      ]),
    );
    const definitions = await eachConcurrently([...roleIds], async ([key, id]) => {
      const definition = await probe(signal, () => azure.roles.definition(id, signal));
      return [key, definition] as const;
    });
    return {
      subscriptionId,
      assignments,
      definitions: new Map(
        definitions.flatMap(([key, probed]) =>
          probed.kind === 'read' ? [[key, probed.value] as const] : [],
        ),
      ),
    };
  });
}

/** Whether a text can be asked for at Azure as the id of a managed identity. */
export function isIdentityId(text: string): boolean {
  return parseResourceId(text, managedIdentityType) !== undefined;
}
