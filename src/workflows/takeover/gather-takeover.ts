import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { EntryKey, PodIdentity } from '../../domain/entries/pod-identity.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { IdentityResources } from '../../domain/kubernetes/identity-resources.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { ReadProviderClass } from '../../domain/migrate/migration-facts.ts';
import type { StoredTakeover } from '../../domain/takeover/takeover-cluster.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { type Probe, probe, probeNext } from '../doctor/probe.ts';
import { viewExchange } from '../exchange/read-exchange.ts';
import { readNodeIdentities } from '../nodes/list-node-identities.ts';
import { everyLinuxPool, type NodeIdentities } from '../nodes/node-request.ts';

/** All that a takeover is planned by. */
export interface TakeoverFacts {
  readonly cluster: Cluster;
  readonly clusterUid: Probe<string>;
  /** Where not all DaemonSets may be listed, those of the agent's namespace alone: `seesAgents` says so then. */
  readonly agents: Probe<readonly AgentInstallation[]>;
  readonly seesAgents: SeesAgents;
  readonly objects: Probe<ObjectsInCluster>;
  readonly machines: Probe<readonly NodeIdentities[]>;
  readonly exchange: Probe<readonly ExchangeRow[]>;
  /** Entries whose managed identity is gone. */
  readonly gone: readonly EntryKey[];
  /** Of the subscription; without it the add-on cannot be turned on again. */
  readonly feature: Probe<string>;
  readonly providerClasses: Probe<readonly ReadProviderClass[]>;
  /** Of the namespace of the agent, where there is a takeover already. */
  readonly stored: Probe<StoredTakeover | undefined>;
}

/** By which the steps see that each node has an agent, and whose agents there are. */
export interface SeesAgents {
  readonly nodes: Probe<unknown>;
  /** The DaemonSets and pods of agents. */
  readonly pods: Probe<unknown>;
}

export interface TakeoverQuestion {
  readonly cluster: ClusterId;
  /** Of the agent. */
  readonly namespace: string;
}

export type TakeoverReads = Pick<Deps, 'azure' | 'clock' | 'report' | 'signal'>;

/**
 * Reads everything and changes nothing; what may not be read is kept with the reason.
 *
 * @throws PodidError of `Clusters.get`; ClusterUnreachable and others where the API server gives no answer of its own
 */
export async function gatherTakeover(
  deps: TakeoverReads,
  kube: ConnectedCluster,
  { cluster: id, namespace }: TakeoverQuestion,
): Promise<TakeoverFacts> {
  const { azure, report, signal } = deps;
  report.progress(`Reading cluster ${id.name}`);
  const read = <Value>(ask: () => Promise<Value>) => probe(signal, ask);
  const [cluster, clusterUid, agents, stored] = await Promise.all([
    azure.clusters.get(id, signal),
    read(() => kube.takeover.clusterUid(signal)),
    read(() => kube.agent.installations(namespace, signal)),
    read(() => kube.takeover.read(namespace, signal)),
  ]);
  expectAnswers([clusterUid, agents, stored]);
  report.progress('Reading objects, identities and nodes');
  const [seesAgents, objects, machines, gone, feature, providerClasses] = await Promise.all([
    lookForAgents(kube, namespace, signal),
    read(() => kube.read(signal)),
    read(() => readNodeIdentities(deps, cluster, everyLinuxPool, signal)),
    goneAmong(deps, cluster.profile.identities),
    read(() => azure.features.state(id.subscriptionId, signal)),
    read(() => kube.migration.providerClasses(undefined, signal)),
  ]);
  // Without its agents nobody knows what is exchanged.
  const both = await probeNext(signal, objects, async (found) => ({ found, installed: expectRead(agents) }));
  const exchange = await probeNext(signal, both, async ({ found, installed }) => {
    const identities = found.resources?.identities ?? [];
    const view = await viewExchange(deps, kube, {
      cluster,
      agents: installed,
      objects: found,
      identities,
      agentNamespace: namespace,
    });
    return view.identities.map(({ row }) => row);
  });
  return {
    cluster,
    clusterUid,
    agents,
    seesAgents,
    objects,
    machines,
    exchange,
    gone,
    feature,
    providerClasses,
    stored,
  };
}

/** @throws PodidError where the API server is away, or takes no credentials: there is no rest of a plan to show then */
function expectAnswers(probed: readonly Probe<unknown>[]): void {
  const errors = probed.flatMap((each) => (each.kind === 'unread' ? [each.error] : []));
  // A server that does not know who asks refuses all.
  const error = errors.find(({ code }) => code !== 'Forbidden') ?? errors[probed.length - 1];
  if (error !== undefined) {
    throw error;
  }
}

/** @throws PodidError why it was not read */
function expectRead<Value>(probed: Probe<Value>): Value {
  if (probed.kind === 'unread') {
    throw probed.error;
  }
  return probed.value;
}

/** Reads what the steps read again and again, for whether it may be read. */
async function lookForAgents(
  { workloads }: Pick<ConnectedCluster, 'workloads'>,
  namespace: string,
  signal: AbortSignal,
): Promise<SeesAgents> {
  const [nodes, pods] = await Promise.all([
    probe(signal, () => workloads.nodes(signal)),
    probe(signal, async () => {
      await workloads.agents(signal);
      // Those of podid's agent, which need not be there yet.
      await workloads.pods(namespace, 'app.kubernetes.io/component=nmi', signal);
    }),
  ]);
  return { nodes, pods };
}

/** One that may not be read is not taken for gone: Azure says so when it refuses. */
async function goneAmong(
  { azure, signal }: TakeoverReads,
  entries: readonly PodIdentity[],
): Promise<readonly EntryKey[]> {
  const asked = await eachConcurrently(entries, async (entry) => {
    try {
      await azure.identities.get(entry.identity.resourceId, signal);
      return [];
    } catch (error) {
      if (isPodidError(error, 'IdentityNotFound')) {
        return [entry];
      }
      if (isPodidError(error, 'Forbidden', 'IdentityIncomplete', 'Unavailable')) {
        return [];
      }
      throw error;
    }
  });
  return asked.flat();
}

/** Objects, once they were read, as agents see them. */
export function resourcesOf({ resources }: ObjectsInCluster): IdentityResources {
  return resources ?? { identities: [], bindings: [], exceptions: [] };
}
