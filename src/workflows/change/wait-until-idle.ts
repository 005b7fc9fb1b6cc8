import { isBusy } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from './start-change.ts';

type ReadDeps = Pick<ChangeDeps, 'entries' | 'report' | 'deadline' | 'signal' | 'options'>;

/**
 * Reads the cluster until Azure is no longer at work on it, or the deadline has passed: then the last answer,
 * still busy.
 *
 * @throws PodidError as `Clusters.get`; Unavailable only at the deadline
 */
export async function waitUntilIdle(deps: ReadDeps, id: ClusterId): Promise<Cluster> {
  for (;;) {
    const cluster = await readWithRetry(deps, id);
    if (!isBusy(cluster) || deps.deadline.passed()) {
      return cluster;
    }
    deps.report.progress(`Azure is at work on cluster ${id.name}: ${cluster.provisioningState}`);
    await deps.deadline.pause(deps.options.pollIntervalMs);
  }
}

/** A read that outlives transient failures: what Azure has accepted is not given up because a GET failed. */
export async function readWithRetry(deps: ReadDeps, id: ClusterId): Promise<Cluster> {
  const { entries, report, deadline, signal, options } = deps;
  for (;;) {
    try {
      return await entries.get(id, signal);
    } catch (error) {
      if (!isPodidError(error, 'Unavailable') || deadline.passed()) {
        throw error;
      }
      report.progress(`Azure does not answer (${error.message}); asking again`);
      await deadline.pause(options.pollIntervalMs, error.retryAfterMs);
    }
  }
}
