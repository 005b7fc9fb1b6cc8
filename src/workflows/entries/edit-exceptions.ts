import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import {
  type EntryKey,
  entryText,
  type PodIdentityException,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Deps } from '../../domain/ports.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ChangeOptions } from '../change/change-options.ts';
import { startChange } from '../change/change-session.ts';
import { holdsException } from '../change/compare-profile.ts';
import type { Outcome } from '../change/outcome.ts';
import { readGatedCluster } from '../change/prepare-change.ts';
import type { Decision } from '../change/profile-change.ts';
import { entryNotFound } from './entry-not-found.ts';
import { finishException } from './finish-exception.ts';

export type ExceptionRequest = { readonly cluster: ClusterId } & PodIdentityException;
export type DeleteExceptionRequest = {
  readonly cluster: ClusterId;
  readonly ignoreNotFound: boolean;
} & EntryKey;

const demands = { addon: true, kubenetConsent: true, usablePool: false };

/** Leaves pods with these labels alone. The same again changes nothing. @throws PodidError EntryConflict */
export async function addException(
  deps: Deps,
  request: ExceptionRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentityException>> {
  const session = startChange(deps, options);
  const cluster = await readGatedCluster(session, request.cluster, demands);
  const wanted = wantedException(request);
  return finishException(session, cluster, { wanted, decide: (current) => decideAdd(current, wanted) });
}

/** Replaces the whole map of labels. @throws PodidError EntryNotFound */
export async function updateException(
  deps: Deps,
  request: ExceptionRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentityException>> {
  const session = startChange(deps, options);
  const cluster = await readGatedCluster(session, request.cluster, demands);
  const wanted = wantedException(request);
  return finishException(session, cluster, { wanted, decide: (current) => decideUpdate(current, wanted) });
}

/** @returns the exception that went, or null under `--ignore-not-found` when there was none */
export async function deleteException(
  deps: Deps,
  request: DeleteExceptionRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentityException | null>> {
  const session = startChange(deps, options);
  const cluster = await readGatedCluster(session, request.cluster, demands);
  const existing = findException(cluster, request);
  if (existing === undefined) {
    if (!request.ignoreNotFound) {
      throw notFound(cluster, request);
    }
    return options.dryRun ? { plan: { changes: [], puts: 0 } } : { done: { result: null, cluster } };
  }
  return finishException(session, cluster, {
    wanted: existing,
    gone: true,
    decide: (current) => decideDelete(current, request),
  });
}

function decideAdd(cluster: Cluster, wanted: PodIdentityException): Decision {
  checkCluster(cluster, demands);
  const existing = findException(cluster, wanted);
  if (existing === undefined) {
    return { kind: 'write', edit: { putExceptions: [wanted] } };
  }
  if (holdsException(existing, wanted)) {
    return { kind: 'nothing' };
  }
  const { namespace, name, podLabels } = wanted;
  const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`);
  throw new PodidError(
    'EntryConflict',
    `Exception ${entryText(wanted)} exists already, with other labels: ${labelText(existing)}.`,
    {
      hint: nextCommand('exception update', cluster.id, { namespace, name, 'pod-labels': labels }),
      target: entryText(wanted),
    },
  );
}

function decideUpdate(cluster: Cluster, wanted: PodIdentityException): Decision {
  checkCluster(cluster, demands);
  const existing = findException(cluster, wanted);
  if (existing === undefined) {
    throw notFound(cluster, wanted);
  }
  return holdsException(existing, wanted)
    ? { kind: 'nothing' }
    : { kind: 'write', edit: { putExceptions: [wanted] } };
}

function decideDelete(cluster: Cluster, { namespace, name }: EntryKey): Decision {
  checkCluster(cluster, demands);
  if (findException(cluster, { namespace, name }) === undefined) {
    return { kind: 'nothing' };
  }
  return { kind: 'write', edit: { deleteExceptions: [{ namespace, name }] } };
}

function findException(cluster: Cluster, key: EntryKey): PodIdentityException | undefined {
  return cluster.profile.exceptions.find((entry) => sameEntry(entry, key));
}

function wantedException({ namespace, name, podLabels }: ExceptionRequest): PodIdentityException {
  return { namespace, name, podLabels };
}

function notFound(cluster: Cluster, key: EntryKey): PodidError {
  return entryNotFound('exception', cluster.id, key, cluster.profile.exceptions);
}

function labelText({ podLabels }: PodIdentityException): string {
  return (
    Object.entries(podLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ') || 'none'
  );
}
