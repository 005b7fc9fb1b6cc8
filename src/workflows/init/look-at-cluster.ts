import { checkCluster } from '../../domain/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/cluster.ts';
import type { Workplace } from '../../domain/ports.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

export type LookedAt =
  | { readonly cluster: Cluster; readonly obstacle?: undefined }
  /** Pod identity cannot work there as the cluster is. */
  | { readonly obstacle: PodidError };

const demands = { addon: false, kubenetConsent: false, usablePool: true };

/** Reads a cluster, and warns of what may stand in the way. */
export async function lookAtCluster(
  { azure, report }: Workplace,
  id: ClusterId,
  signal: AbortSignal,
): Promise<LookedAt> {
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await azure.clusters.get(id, signal);
  try {
    for (const warning of checkCluster(cluster, demands)) report.warn(warning);
    return { cluster };
  } catch (error) {
    if (!isPodidError(error)) throw error;
    return { obstacle: error };
  }
}
