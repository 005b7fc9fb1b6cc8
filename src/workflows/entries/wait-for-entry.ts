import { isBusy } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import {
  type EntryKey,
  entryProgress,
  entryText,
  type PodIdentity,
} from '../../domain/entries/pod-identity.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { entryFailed, findEntry } from '../change/judge-change.ts';
import type { Done } from '../change/outcome.ts';
import { type ChangeOptions, endOfWait, readWithRetry, startChange } from '../change/start-change.ts';
import { entryNotFound } from './entry-not-found.ts';

export interface WaitRequest {
  readonly cluster: ClusterId;
  /** Needed for `assigned` and `deleted`. */
  readonly key?: EntryKey;
  readonly until: 'assigned' | 'deleted' | 'idle';
}

export type WaitOptions = Pick<ChangeOptions, 'timeoutMs' | 'pollIntervalMs'>;

/**
 * The partner of `--no-wait`: reads until the entry is Assigned, or gone, or the cluster idle.
 *
 * @returns the entry, or null when there is none to show
 * @throws PodidError EntryNotFound (assigned) | TimedOut
 */
export async function waitForEntry(
  deps: Omit<Deps, 'deadline'>,
  request: WaitRequest,
  options: WaitOptions,
): Promise<Done<PodIdentity | null>> {
  const started = startChange(deps, {
    ...options,
    headers: {},
    dryRun: false,
    noWait: false,
    skipRoleAssignment: true,
    mirror: 'off',
    force: false,
  });
  const wait = {};
  try {
    for (;;) {
      const cluster = await readWithRetry(started, request.cluster);
      const state = reached(deps.entries, cluster, request);
      if (typeof state !== 'string') {
        return { ...state, cluster };
      }
      if (started.deadline.passed()) {
        throw timedOut(request, state);
      }
      deps.report.progress(`Waiting: ${state}`, { wait });
      await started.deadline.pause(options.pollIntervalMs);
    }
  } catch (error) {
    throw endOfWait(started, error, 'Azure continues.', advice`The same command resumes`);
  }
}

/** The result, or in words what is still to come. */
function reached(
  entries: EntryStore,
  cluster: Cluster,
  { key, until }: WaitRequest,
): Omit<Done<PodIdentity | null>, 'cluster'> | string {
  const entry = key && findEntry(cluster, key);
  if (until === 'idle') {
    return isBusy(cluster)
      ? `cluster ${cluster.id.name} is ${cluster.provisioningState}`
      : { result: entry ?? null };
  }
  if (entry === undefined) {
    if (until === 'deleted') {
      return { result: null };
    }
    throw entryNotFound(entries, 'pod identity', cluster, key ?? { namespace: '', name: '' });
  }
  const progress = entryProgress(entry);
  if (progress === 'failed') {
    return { result: entry, failure: entryFailed(entries, cluster, entry) };
  }
  if (until === 'assigned' && progress === 'done' && !isBusy(cluster)) {
    return { result: entry };
  }
  return `pod identity ${entryText(entry)} is ${entry.provisioningState ?? 'in progress'}`;
}

function timedOut(request: WaitRequest, state: string): PodidError {
  return new PodidError('TimedOut', `The time limit was reached before Azure finished: ${state}.`, {
    hint: advice`The same command resumes; --timeout gives it longer`,
    ...(request.key ? { target: entryText(request.key) } : {}),
  });
}
