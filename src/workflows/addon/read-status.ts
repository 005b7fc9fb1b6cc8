import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { principalOrNull } from '../../domain/clusters/cluster-identities.ts';
import type { Deps } from '../../domain/deps.ts';
import { type Drift, findDrift } from '../../domain/entries/drift.ts';
import { entryLimit } from '../../domain/entries/profile-edit.ts';
import type { Done } from '../change/outcome.ts';

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
  readonly drift?: readonly Drift[];
}

export interface StatusRequest {
  readonly cluster: ClusterId;
  /** Also compares with the objects in the cluster itself. */
  readonly drift: boolean;
}

/** How the add-on stands; from ARM alone unless drift is asked for. */
export async function readStatus(
  deps: Pick<Deps, 'azure' | 'kube'>,
  request: StatusRequest,
  signal: AbortSignal,
): Promise<Done<AddonStatus>> {
  const cluster = await deps.azure.clusters.get(request.cluster, signal);
  const status = addonStatus(cluster);
  if (!request.drift) {
    return { result: status, cluster };
  }
  const api = await deps.kube.objects(signal);
  const drift = findDrift(cluster.profile, await api.read(signal));
  return { result: { ...status, drift }, cluster };
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
