import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { nameOfLabels } from '../../domain/entries/derive-name.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import {
  type EntryKey,
  entryText,
  type PodIdentityException,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { holdsException } from '../change/compare-profile.ts';
import type { Outcome } from '../change/outcome.ts';
import type { Decision } from '../change/profile-change.ts';
import {
  type ChangeDeps,
  type ChangeOptions,
  readGatedCluster,
  startChange,
} from '../change/start-change.ts';
import { entryNotFound } from './entry-not-found.ts';
import { finishException } from './finish-exception.ts';
import { warnOfBindingLabel } from './warn-of-binding-label.ts';

export type ExceptionRequest = { readonly cluster: ClusterId } & PodIdentityException;
/** Without a name: that of the exception that has these labels already, else a generated one. */
export type NewExceptionRequest = Omit<ExceptionRequest, 'name'> & { readonly name?: string };
export type DeleteExceptionRequest = {
  readonly cluster: ClusterId;
  readonly ignoreNotFound: boolean;
} & EntryKey;

const demands = { addon: true, kubenetConsent: true, usablePool: false };

/** Leaves pods with these labels alone. The same again changes nothing. @throws PodidError EntryConflict */
export async function addException(
  deps: Omit<Deps, 'deadline'>,
  request: NewExceptionRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentityException>> {
  return putException(deps, request, options, decideAdd);
}

/** Replaces the whole map of labels. @throws PodidError EntryNotFound */
export async function updateException(
  deps: Omit<Deps, 'deadline'>,
  request: ExceptionRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentityException>> {
  return putException(deps, request, options, decideUpdate);
}

async function putException(
  deps: Omit<Deps, 'deadline'>,
  request: NewExceptionRequest,
  options: ChangeOptions,
  decide: typeof decideAdd,
): Promise<Outcome<PodIdentityException>> {
  const started = startChange(deps, options);
  const cluster = await readGatedCluster(started, request.cluster, demands);
  const { namespace, name, podLabels } = request;
  const wanted = { namespace, name: name ?? nameFor(started, cluster, request), podLabels };
  // What is refused needs no warning.
  decide(deps.entries, cluster, wanted);
  warnOfBindingLabel(deps, [wanted]);
  return finishException(started, cluster, {
    wanted,
    decide: (current) => decide(deps.entries, current, wanted),
  });
}

/** @returns the exception that went, or null under `--ignore-not-found` when there was none */
export async function deleteException(
  deps: Omit<Deps, 'deadline'>,
  request: DeleteExceptionRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentityException | null>> {
  const started = startChange(deps, options);
  const cluster = await readGatedCluster(started, request.cluster, demands);
  const existing = findException(cluster, request);
  if (existing === undefined) {
    if (!request.ignoreNotFound) {
      throw notFound(deps.entries, cluster, request);
    }
    return options.dryRun ? { plan: { changes: [], puts: 0 } } : { done: { result: null, cluster } };
  }
  return finishException(started, cluster, {
    wanted: existing,
    gone: true,
    decide: (current) => decideDelete(current, request),
  });
}

function decideAdd(entries: EntryStore, cluster: Cluster, wanted: PodIdentityException): Decision {
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
      hint: entries.command('exception update', cluster.id, { namespace, name, 'pod-labels': labels }),
      target: entryText(wanted),
    },
  );
}

function decideUpdate(entries: EntryStore, cluster: Cluster, wanted: PodIdentityException): Decision {
  checkCluster(cluster, demands);
  const existing = findException(cluster, wanted);
  if (existing === undefined) {
    throw notFound(entries, cluster, wanted);
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

function nameFor({ report }: ChangeDeps, { profile }: Cluster, request: NewExceptionRequest): string {
  const { namespace, podLabels } = request;
  const same = profile.exceptions.find((entry) =>
    holdsException(entry, { namespace, name: entry.name, podLabels }),
  );
  const name = same?.name ?? nameOfLabels(namespace, podLabels);
  report.note(
    same === undefined
      ? `No --name given: the exception is called ${name}, after its labels.`
      : `No --name given: exception ${entryText(same)} has these labels already.`,
  );
  return name;
}

function notFound(entries: EntryStore, cluster: Cluster, key: EntryKey): PodidError {
  return entryNotFound(entries, 'exception', cluster, key);
}

function labelText({ podLabels }: PodIdentityException): string {
  return (
    Object.entries(podLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ') || 'none'
  );
}
