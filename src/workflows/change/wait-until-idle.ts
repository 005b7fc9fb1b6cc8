import { isBusy } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { EntryStore, Reporter } from '../../domain/ports.ts';
import type { Deadline } from '../../domain/time/deadline.ts';
import { isPodidError } from '../../errors/podid-error.ts';

export interface RetryDeps {
  readonly clusters: Pick<EntryStore, 'get'>;
  readonly report: Reporter;
  readonly deadline: Deadline;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}

/**
 * Reads the cluster until Azure is no longer at work on it, or the deadline has passed: then the last answer,
 * still busy.
 *
 * @throws PodidError as `Clusters.get`; Unavailable only at the deadline
 */
export async function waitUntilIdle(ports: RetryDeps, id: ClusterId): Promise<Cluster> {
  for (;;) {
    const cluster = await readWithRetry(ports, id);
    if (!isBusy(cluster) || ports.deadline.passed()) {
      return cluster;
    }
    ports.report.progress(`Azure is at work on cluster ${id.name}: ${cluster.provisioningState}`);
    await ports.deadline.pause(ports.pollIntervalMs);
  }
}

/** A read that outlives bad weather: what Azure has accepted is not given up because a GET failed. */
export async function readWithRetry(ports: RetryDeps, id: ClusterId): Promise<Cluster> {
  for (;;) {
    try {
      return await ports.clusters.get(id, ports.signal);
    } catch (error) {
      if (!isPodidError(error, 'Unavailable') || ports.deadline.passed()) {
        throw error;
      }
      ports.report.progress(`Azure does not answer (${error.message}); asking again`);
      await ports.deadline.pause(ports.pollIntervalMs, error.retryAfterMs);
    }
  }
}
