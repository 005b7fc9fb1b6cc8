import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { principalOrNull } from '../../domain/clusters/cluster-identities.ts';
import type { Deps } from '../../domain/deps.ts';
import { type Drift, findDrift } from '../../domain/entries/drift.ts';
import { allEntries, failedEntries, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { entryLimit } from '../../domain/entries/profile-edit.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { Done } from '../change/outcome.ts';
import type { AgentSummary } from './summarize-agents.ts';

export interface AddonStatus {
  readonly enabled: boolean;
  readonly allowNetworkPluginKubenet: boolean;
  readonly networkPlugin: string;
  /** `principalId` is null where it is not known which one acts. */
  readonly clusterIdentity: { readonly type: string; readonly principalId: string | null };
  readonly identities: number;
  readonly exceptions: number;
  readonly limit: number;
  readonly provisioningState: string;
  readonly eTag: string | null;
}

/** How pod identity stands on a cluster, beyond the add-on. */
export interface ClusterStatus extends AddonStatus {
  /**
   * Where the entries live: in the add-on's profile, or, with the add-on off, as objects in the cluster; null where
   * nobody has looked there, or none are. Counts and `failed` are of the entries that were asked for.
   */
  readonly mode: 'addon' | 'cluster' | null;
  /** Of the subscription: whether the add-on can be turned on. Read while it is off; null where it may not be read. */
  readonly feature: string | null;
  readonly failed: readonly PodIdentity[];
  /** How many pod identities are in each state, by the states' names; `unknown` where an entry has none. */
  readonly states: Readonly<Record<string, number>>;
  readonly agent?: AgentSummary;
  readonly drift?: readonly Drift[];
}

export interface StatusRequest {
  readonly cluster: ClusterId;
  /** `--mode cluster`: the entries are the objects in the cluster. */
  readonly inObjects: boolean;
  /** Also compares with the objects in the cluster itself. */
  readonly drift: boolean;
  /** Also asks podid's agents. */
  readonly agent: boolean;
}

type StatusDeps = Pick<Deps, 'azure' | 'entries' | 'kube' | 'clock' | 'report' | 'confirm'>;

/**
 * How pod identity stands; from ARM alone unless entries that are objects, drift or the agents are asked for.
 *
 * @throws PodidError AddonEnabled with `inObjects`, where the entries are the add-on's
 */
export async function readStatus(
  deps: StatusDeps,
  request: StatusRequest,
  signal: AbortSignal,
): Promise<Done<ClusterStatus>> {
  const cluster = await deps.azure.clusters.get(request.cluster, signal);
  const { profile } = cluster;
  const feature = profile.enabled ? null : await readFeature(deps, cluster.id, signal);
  const objects = request.drift ? await (await deps.kube.objects(signal)).read(signal) : undefined;
  const agent = request.agent ? await readAgents(deps, profile.enabled, signal) : undefined;
  const entries = request.inObjects ? (await deps.entries.get(request.cluster, signal)).profile : profile;
  const isInObjects =
    request.inObjects || (objects !== undefined && objects.identities.length + objects.exceptions.length > 0);
  const result = {
    ...addonStatus(cluster),
    identities: allEntries(entries).length,
    exceptions: entries.exceptions.length,
    mode: profile.enabled ? ('addon' as const) : isInObjects ? ('cluster' as const) : null,
    feature,
    failed: failedEntries(entries),
    states: countStates(allEntries(entries)),
    ...(agent === undefined ? {} : { agent }),
    ...(objects === undefined ? {} : { drift: findDrift(profile, objects) }),
  };
  return { result, cluster };
}

function countStates(entries: readonly PodIdentity[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { provisioningState = 'unknown' } of entries) {
    counts.set(provisioningState, (counts.get(provisioningState) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** What may not be read is not known; the rest is shown all the same. */
async function readFeature(
  { azure }: StatusDeps,
  { subscriptionId }: ClusterId,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return await azure.features.state(subscriptionId, signal);
  } catch (error) {
    if (!isPodidError(error) || signal.aborted) {
      throw error;
    }
    return null;
  }
}

async function readAgents(deps: StatusDeps, isAddonOn: boolean, signal: AbortSignal): Promise<AgentSummary> {
  const { clock, report, confirm } = deps;
  const { agent, workloads, standardMode, load } = await deps.kube.connect(signal);
  const { summarizeAgents } = await import('./summarize-agents.ts');
  return await summarizeAgents(
    { agent, workloads, standardMode, load, clock, report, confirm },
    isAddonOn,
    signal,
  );
}

export function addonStatus(cluster: Cluster): AddonStatus {
  const { profile, identity } = cluster;
  return {
    enabled: profile.enabled,
    allowNetworkPluginKubenet: profile.allowNetworkPluginKubenet,
    networkPlugin: cluster.networkPlugin,
    clusterIdentity: { type: identity.type || 'None', principalId: principalOrNull(cluster) },
    identities: profile.identities.length,
    exceptions: profile.exceptions.length,
    limit: entryLimit,
    provisioningState: cluster.provisioningState,
    eTag: cluster.eTag ?? null,
  };
}
