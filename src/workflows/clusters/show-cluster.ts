import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { type ClusterIdentities, clusterIdentities } from '../../domain/clusters/cluster-identities.ts';
import type { Deps } from '../../domain/deps.ts';
import type { Done } from '../change/outcome.ts';
import { adviseOnIdentities } from '../identities/advise-on-identities.ts';
import { readEntryRoles } from '../identities/read-entry-roles.ts';

export interface ShowClusterOptions {
  readonly signal: AbortSignal;
  readonly clusterPrincipalId?: string;
}

/** The identities that a cluster runs as, and what they lack. */
export async function showCluster(
  deps: Pick<Deps, 'azure' | 'report'>,
  id: ClusterId,
  options: ShowClusterOptions,
): Promise<Done<ClusterIdentities>> {
  const { azure, report } = deps;
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await azure.clusters.get(id, options.signal);
  report.progress('Reading role assignments');
  const reads = { roles: azure.roles, ...options };
  const result = clusterIdentities(cluster, await readEntryRoles(reads, cluster));
  await adviseOnIdentities(reads, report, cluster, result);
  return { result, cluster };
}
