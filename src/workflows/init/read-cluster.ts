import { checkCluster, checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';

export type IdentitiesRead =
  | { readonly cluster: Cluster; readonly obstacle?: undefined }
  /** Pod identity cannot work there as the cluster is. */
  | { readonly obstacle: PodidError };

const demands = { addon: false, kubenetConsent: false, usablePool: true };

/** Reads a cluster, and warns of what may stand in the way. */
export async function readCluster(
  { azure, report }: Pick<Deps, 'azure' | 'report'>,
  id: ClusterId,
  signal: AbortSignal,
  mode: string | undefined,
): Promise<IdentitiesRead> {
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
    return { obstacle: withOtherWay(error, id) };
  }
}

/** What keeps the add-on from working does not keep objects in the cluster from it. */
function withOtherWay(error: PodidError, id: ClusterId): PodidError {
  if (!isPodidError(error, 'ServicePrincipalCluster', 'NoLinuxScaleSetPool')) {
    return error;
  }
  const { code, message, hint, target } = error;
  const otherWay = advice`without the add-on, ${nextCommand('add', id, { mode: 'cluster', help: true })} (docs/modes.md)`;
  return new PodidError(code, message, {
    hint: hint === undefined ? otherWay : advice`${hint}; or, ${otherWay}`,
    target,
    cause: error,
  });
}
