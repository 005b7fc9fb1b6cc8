import { checkCluster, checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { wayWithoutAddon } from '../../domain/clusters/way-to-enable.ts';
import type { Deps } from '../../domain/deps.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';

/** Pod identity cannot work there as the cluster is. */
export interface Obstructed {
  readonly cluster: Cluster;
  readonly obstacle: PodidError;
}

export type ClusterRead = { readonly cluster: Cluster; readonly obstacle?: undefined } | Obstructed;

const demands = { addon: false, kubenetConsent: false, usablePool: true };

/** Reads a cluster, and warns of what may stand in the way. */
export async function readCluster(
  { azure, report }: Pick<Deps, 'azure' | 'report'>,
  id: ClusterId,
  signal: AbortSignal,
  mode: string | undefined,
): Promise<ClusterRead> {
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await azure.clusters.get(id, signal);
  try {
    // What keeps the add-on from working does not keep objects in the cluster from it.
    const warnings = mode === 'cluster' ? checkClusterState(cluster) : checkCluster(cluster, demands);
    for (const warning of warnings) {
      report.warn(warning);
    }
    return { cluster };
  } catch (error) {
    if (!isPodidError(error)) {
      throw error;
    }
    return { cluster, obstacle: isOfAddon(error) ? withOtherWay(error, cluster) : error };
  }
}

/** Whether the cluster, as it is, can have entries as objects alone. */
export function isForObjectsAlone(cluster: Cluster): boolean {
  try {
    checkCluster(cluster, demands);
    return false;
  } catch (error) {
    if (!isPodidError(error)) {
      throw error;
    }
    return isOfAddon(error) && !cluster.profile.enabled;
  }
}

function isOfAddon(error: PodidError): boolean {
  return isPodidError(error, 'ServicePrincipalCluster', 'NoLinuxScaleSetPool');
}

function withOtherWay({ code, message, hint, target }: PodidError, cluster: Cluster): PodidError {
  const otherWay = advice`without the add-on (docs/modes.md), ${wayWithoutAddon(cluster)}`;
  return new PodidError(code, message, {
    hint: hint === undefined ? otherWay : advice`${hint}; or, ${otherWay}`,
    ...(target === undefined ? {} : { target }),
  });
}
