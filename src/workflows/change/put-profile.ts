import { autoscaledCode } from '../../domain/clusters/autoscaled-code.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { editProfile, type ProfileEdit } from '../../domain/entries/profile-edit.ts';
import type { OperationEnd, PutAnswer, Wait } from '../../domain/ports.ts';
import { type Backoff, doubledMs } from '../../domain/time/backoff.ts';
import { advice, joinHints } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { explainAssignmentError } from '../identities/explain-assignment-error.ts';
import { isApplied, lostEntries } from './compare-profile.ts';
import type { Write } from './profile-change.ts';
import { type ChangeDeps, endOfWait, readWithRetry, storeOptions, waitUntilIdle } from './start-change.ts';

export type Written =
  /** Azure has the change; `failure` when its operation ended as Failed all the same. */
  | { readonly kind: 'written'; readonly cluster: Cluster; readonly failure?: PodidError }
  /** It has not; decide again on this fresh read. */
  | { readonly kind: 'again'; readonly cluster: Cluster };

/** PUTs answered by 5xx, 429 or nothing, and found not to have arrived, before the server is given up. */
const mostTransientFailures = 5;
/** The autoscaler moves a pool once in ten seconds at most; a refusal that comes again is none of its doing. */
const mostAutoscaled = 3;
const longestPauseMs = 60_000;

/** 55 to 105 seconds in recorded traffic. */
const clusterChange: Wait = { usually: '1 to 2 minutes' };
/** Azure's documents say within an hour. */
const roleInEffect: Wait = { usually: 'some minutes, rarely up to an hour' };

/** One PUT, its operation followed to the end, and every way in which it can come to nothing. */
export async function putProfile(deps: ChangeDeps, base: Cluster, write: Write): Promise<Written> {
  deps.report.progress(`Writing the change of cluster ${base.id.name}`);
  try {
    const answer = await deps.entries.put(base, write.edit, storeOptions(deps)).catch((error: unknown) => {
      throw endOfWait(
        deps,
        error,
        `The write was sent, and ${deps.entries.acceptor} may have accepted it.`,
        deps.entries.followUpCommand(base.id, write.edit),
      );
    });
    refuseLoss(deps, base, write.edit, answer);
    return await followWrite(deps, base, write, answer);
  } catch (error) {
    if (isPodidError(error, 'AssignmentBlocked')) {
      return await retryAssignment(deps, base, write, error);
    }
    if (isPodidError(error, 'StaleCluster', 'ClusterBusy', 'Unavailable')) {
      return await readAgain(deps, base, write, error);
    }
    throw error;
  }
}

async function followWrite(
  deps: ChangeDeps,
  base: Cluster,
  write: Write,
  answer: PutAnswer,
): Promise<Written> {
  const { options, deadline, report } = deps;
  const { operation } = answer;
  if (operation === undefined || options.noWait) {
    return { kind: 'written', cluster: answer.cluster };
  }
  const entries = [...base.profile.identities, ...(write.edit.putIdentities ?? [])];
  // Azure is asked for its state a moment later only.
  report.progress(`Azure updates cluster ${base.id.name}`, { wait: clusterChange });
  try {
    const end = await deadline.within((signal) =>
      deps.entries.follow(operation, {
        pollIntervalMs: options.pollIntervalMs,
        onStatus: (status) =>
          report.progress(`Azure updates cluster ${base.id.name}: ${status}`, { wait: clusterChange }),
        cluster: base.id,
        resourceIds: entries.map((entry) => entry.identity.resourceId),
        signal,
      }),
    );
    if (isAssignmentError(end)) {
      throw assignmentBlocked(end);
    }
    report.progress(`Reading cluster ${base.id.name}`);
    const cluster = await readWithRetry(deps, base.id);
    return end.status === 'Succeeded'
      ? { kind: 'written', cluster }
      : { kind: 'written', cluster, failure: operationFailed(deps, cluster, end) };
  } catch (error) {
    if (isPodidError(error, 'Forbidden')) {
      return watchCluster(deps, base, error);
    }
    throw endOfWait(
      deps,
      error,
      `Azure continues with cluster ${base.id.name}.`,
      deps.entries.followUpCommand(base.id, write.edit),
    );
  }
}

/** Azure has taken the write; who may not read its operation can still read the cluster. */
async function watchCluster(deps: ChangeDeps, base: Cluster, error: PodidError): Promise<Written> {
  deps.report.warn(`${error.message} Watching the cluster instead.`);
  return { kind: 'written', cluster: await waitUntilIdle(deps, base.id) };
}

function isAssignmentError(end: OperationEnd): boolean {
  return end.status !== 'Succeeded' && end.error?.code === 'PodIdentityAddonIdentitiesAssignmentError';
}

function assignmentBlocked({ error }: OperationEnd): PodidError {
  const target = error?.target === undefined ? {} : { target: error.target };
  return new PodidError('AssignmentBlocked', error?.message ?? 'Azure could not assign an identity.', target);
}

function operationFailed(deps: ChangeDeps, cluster: Cluster, end: OperationEnd): PodidError {
  const reason = end.error ? `${end.error.code}: ${end.error.message}` : 'Azure gave no reason';
  return new PodidError(
    'EntryFailed',
    `The operation on cluster ${cluster.id.name} ended as ${end.status}: ${reason}`,
    {
      hint:
        end.error?.hint ??
        advice`${deps.entries.command('list', cluster.id)}  # shows each entry's state; the same command tries again`,
      target: cluster.resourceId,
      ...(end.error ? { details: [{ code: end.error.code, message: end.error.message }] } : {}),
    },
  );
}

/** Judged on the PUT's own answer: what others delete later is their affair. */
function refuseLoss(deps: ChangeDeps, base: Cluster, edit: ProfileEdit, answer: PutAnswer): void {
  const lost = lostEntries(editProfile(base.profile, edit), answer.cluster.profile);
  if (lost.length === 0) {
    return;
  }
  throw new PodidError(
    'EntriesLost',
    `Azure's answer to the write lacks what was sent: ${lost.map(({ called }) => called).join(', ')}. Cluster ${base.id.name} may have lost it.`,
    {
      hint: joinHints(
        lost.map(({ flags, words }) => deps.entries.command(words, base.id, flags)),
        '; ',
      ),
      target: base.resourceId,
      details: lost.map(({ called }) => ({ message: called })),
    },
  );
}

/** The cluster is read before anything is sent again: an answer that was lost is not a write that failed. */
async function readAgain(deps: ChangeDeps, base: Cluster, write: Write, error: PodidError): Promise<Written> {
  const { options, deadline } = deps;
  const isTransient = error.code === 'Unavailable';
  if (error.code === 'ClusterBusy' && options.noWait) {
    throw error;
  }
  write.tries.transientFailures = isTransient ? write.tries.transientFailures + 1 : 0;
  deps.report.progress(
    isTransient
      ? `${error.message.replace(/\.$/, '')}; checking whether the write arrived`
      : tryingAgain[error.code as keyof typeof tryingAgain],
  );
  await deadline.pause(doubledMs(pauses(options), write.tries.transientFailures), error.retryAfterMs);
  const read = error.code === 'ClusterBusy' ? waitUntilIdle : readWithRetry;
  const cluster = await read(deps, base.id);
  if (isApplied(cluster, write.edit)) {
    return { kind: 'written', cluster };
  }
  write.tries.autoscaled += error.details.some(({ code }) => code === autoscaledCode) ? 1 : 0;
  if (
    deadline.passed() ||
    write.tries.transientFailures > mostTransientFailures ||
    write.tries.autoscaled > mostAutoscaled
  ) {
    throw error;
  }
  return { kind: 'again', cluster };
}

const tryingAgain = {
  StaleCluster: 'The cluster changed meanwhile; reading it again',
  ClusterBusy: 'Another operation is running on the cluster; waiting for it',
} as const;

function pauses({ pollIntervalMs }: ChangeDeps['options']): Backoff {
  return { firstMs: pollIntervalMs, mostMs: longestPauseMs };
}

/** A fresh role needs a while to take effect; any other reason is explained and thrown. */
async function retryAssignment(
  deps: ChangeDeps,
  base: Cluster,
  write: Write,
  error: PodidError,
): Promise<Written> {
  const { deadline, options } = deps;
  await explainAssignmentError(deps, base, write, error);
  deps.report.progress('The role is granted; waiting for Azure to see it', { wait: roleInEffect });
  write.tries.assignment += 1;
  await deadline.pause(doubledMs(pauses(options), write.tries.assignment));
  return { kind: 'again', cluster: await waitUntilIdle(deps, base.id) };
}
