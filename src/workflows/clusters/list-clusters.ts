import { sameResource } from '../../domain/azure/resource-id.ts';
import type { ClusterSummary } from '../../domain/clusters/cluster.ts';
import type { Azure, Reporter } from '../../domain/ports.ts';
import type { OfSubscription } from '../identities/list-identities.ts';

interface ListClustersDeps {
  readonly azure: Pick<Azure, 'clusters'>;
  readonly report: Pick<Reporter, 'progress'>;
  readonly signal: AbortSignal;
}

/** The AKS clusters that the caller sees, in the server's order. @throws PodidError */
export async function listAksClusters(
  { azure, report, signal }: ListClustersDeps,
  { subscriptionId, resourceGroup }: OfSubscription,
): Promise<readonly ClusterSummary[]> {
  report.progress('Reading the clusters');
  const all = await azure.clusters.list(subscriptionId, signal);
  return resourceGroup === undefined
    ? all
    : all.filter((cluster) => sameResource(cluster.resourceGroup, resourceGroup));
}
