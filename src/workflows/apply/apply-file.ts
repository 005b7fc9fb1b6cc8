import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { Rehearsal } from '../../domain/entries/entry-store.ts';
import type { FileIdentity, WantedEntries } from '../../domain/entries/pod-identities-file.ts';
import {
  type EntryKey,
  type PodIdentity,
  type PodIdentityException,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { checkLimits, editProfile } from '../../domain/entries/profile-edit.ts';
import { rehearsedChanges } from '../change/changes-beside.ts';
import type { Change, Outcome, Plan } from '../change/outcome.ts';
import { objectChanges } from '../change/plan-changes.ts';
import {
  type ChangeDeps,
  type ChangeOptions,
  readGatedCluster,
  startChange,
  storeOptions,
} from '../change/start-change.ts';
import { warnOfBindingLabel } from '../entries/warn-of-binding-label.ts';
import {
  asPlanned,
  desiredEntries,
  type IdentitiesRead,
  type LeftOut,
  leftOutDetail,
  makeIdentitiesReady,
  type Ready,
  readIdentities,
  refuseLeftOut,
  type Sorted,
  waitForNewRoles,
} from '../identities/prepare-identities.ts';
import { type IdentityExtras, identityWishes } from '../identities/prepare-identity.ts';
import { throwRefused } from '../object-store/refused-entries.ts';
import type { ApplyIntent } from './apply-intent.ts';
import { firstEdit, intentFor, secondEdit } from './apply-intent.ts';
import { planApply, planWithObjects } from './apply-plan.ts';
import { writeApply } from './write-apply.ts';

export interface ApplyFileRequest {
  readonly cluster: ClusterId;
  readonly wanted: WantedEntries;
  /** As typed; `-` for stdin. */
  readonly files: readonly string[];
  readonly prune: boolean;
  readonly keepGoing: boolean;
  /** `--create-identity` and `--grant`, for every identity of the file. */
  readonly extras: IdentityExtras;
  /** Shows people what will be done, before anything is. */
  readonly show: (plan: Plan) => void;
}

export interface AppliedFile {
  readonly changes: readonly Change[];
  /** The whole profile after the change. */
  readonly identities: readonly PodIdentity[];
  readonly exceptions: readonly PodIdentityException[];
}

/**
 * Brings the profile in line with files: everything in one PUT, and in two when an entry gets another
 * identity. The same again changes nothing, and continues where an earlier run was interrupted.
 *
 * @throws PodidError ConfirmationRequired | LimitReached | EntryConflict, and what `add` throws
 */
export async function applyFile(
  deps: Omit<Deps, 'deadline'>,
  request: ApplyFileRequest,
  options: ChangeOptions,
): Promise<Outcome<AppliedFile>> {
  const started = startChange(deps, options);
  const entries = request.wanted.identities ?? [];
  const demands = { addon: true, kubenetConsent: true, usablePool: entries.length > 0 };
  const cluster = await readGatedCluster(started, request.cluster, demands);
  refuseTooMany(deps, cluster, request);
  warnOfBindingLabel(deps, request.wanted.exceptions ?? []);
  const found = await readWanted(started, cluster, request);
  const { rehearsal, ...read } = await rehearseApply(started, cluster, request, found);
  const intent = intentOf(deps, cluster, request, asPlanned(started, read.good));
  const plan = planApply(started, cluster.profile, intent, read.good);
  if (options.dryRun) {
    return { plan: await planWithObjects(started, cluster, intent, { plan, rehearsal }) };
  }
  const shown = await planWithObjects(looking(started), cluster, intent, { plan, rehearsal });
  request.show(shown);
  if (!(await agreed(deps, cluster, intent))) {
    return { done: applied(cluster, []) };
  }
  const made = await makeIdentitiesReady(started, cluster, read.good, [...entries, ...intent.goneIdentities]);
  if (!request.keepGoing) {
    refuseLeftOut(made.leftOut, entries.length);
  }
  await waitForNewRoles(started, read.good);
  const ready = intentOf(deps, cluster, request, made.good);
  const agreedIntent = { ...intent, wanted: ready.wanted };
  const written = await writeApply(started, cluster, {
    intent: agreedIntent,
    ready: made.good,
    demands,
    keepGoing: request.keepGoing,
    files: request.files,
    leftOut: [...read.leftOut, ...made.leftOut],
  });
  const beside = rehearsal === undefined ? objectChanges(written.objects) : rehearsedChanges(rehearsal);
  const changes = [...plan.changes, ...beside].filter(
    (change) => !written.leftOut.some(({ entry }) => isOf(entry, change)),
  );
  const done = applied(written.cluster, changes);
  return { done: written.failure ? { ...done, failure: written.failure } : done };
}

/** To say what will be written; what cannot be read is reported when it is to be written. */
function looking(deps: ChangeDeps): ChangeDeps {
  const { options, report } = deps;
  const mirror = options.noWait ? 'off' : options.mirror;
  return {
    ...deps,
    options: { ...options, dryRun: true, mirror },
    report: { ...report, warn: () => undefined },
  };
}

/** Before anything is read or granted for a file that cannot fit. @throws PodidError LimitReached */
function refuseTooMany(deps: Pick<Deps, 'entries'>, cluster: Cluster, request: ApplyFileRequest): void {
  const unknown = { clientId: '', objectId: '' };
  const identities = (request.wanted.identities ?? []).map(
    ({ identityResourceId: resourceId, ...entry }) => ({
      ...entry,
      identity: { resourceId, ...unknown },
    }),
  );
  const exceptions = request.wanted.exceptions ?? [];
  const intent = intentFor(cluster.profile, { identities, exceptions }, intentOptions(deps, request));
  const between = editProfile(cluster.profile, firstEdit(cluster.profile, intent));
  checkLimits(cluster, editProfile(between, secondEdit(cluster.profile, intent)));
}

async function readWanted(
  deps: ChangeDeps,
  cluster: Cluster,
  request: ApplyFileRequest,
): Promise<Sorted<IdentitiesRead>> {
  const entries = request.wanted.identities ?? [];
  if (entries.length === 0) {
    return { good: [], leftOut: [] };
  }
  const wishes = await identityWishes(deps, cluster, request.extras);
  const read = await readIdentities(deps, cluster, entries, wishes);
  if (!request.keepGoing) {
    refuseLeftOut(read.leftOut, entries.length);
  }
  warnOfLeftOut(deps, read.leftOut);
  return read;
}

function warnOfLeftOut(deps: ChangeDeps, leftOut: readonly LeftOut[]): void {
  for (const each of leftOut) {
    deps.report.warn(`Left out: ${leftOutDetail(each).message}`, each.error.hint);
  }
}

/**
 * Lets the store try what would be written, where it can; what it refuses is left out like an identity that
 * cannot be used.
 */
async function rehearseApply(
  deps: ChangeDeps,
  cluster: Cluster,
  request: ApplyFileRequest,
  read: Sorted<IdentitiesRead>,
): Promise<Sorted<IdentitiesRead> & { readonly rehearsal: Rehearsal | undefined }> {
  const intent = intentOf(deps, cluster, request, asPlanned(deps, read.good));
  const edit = firstEdit(cluster.profile, intent);
  const rehearsal = await deps.entries.rehearse?.(cluster, edit, storeOptions(deps));
  const refused = (rehearsal?.refused ?? []).filter(isNamedIn(request.wanted));
  throwRefused(refused.filter(({ kind }) => kind === 'exception'));
  const leftOut = refused.flatMap(({ error, ...key }) =>
    (request.wanted.identities ?? [])
      .filter((entry) => sameEntry(entry, key))
      .map((entry) => ({ entry, error })),
  );
  if (!request.keepGoing) {
    refuseLeftOut(leftOut, request.wanted.identities?.length ?? 0);
  }
  warnOfLeftOut(deps, leftOut);
  const isIn = (entry: FileIdentity) => !leftOut.some((each) => each.entry === entry);
  const good = read.good
    .map((each) => ({ ...each, entries: each.entries.filter(isIn) }))
    .filter(({ entries }) => entries.length > 0);
  return { good, leftOut: [...read.leftOut, ...leftOut], rehearsal };
}

function isNamedIn({ identities = [], exceptions = [] }: WantedEntries) {
  return (key: EntryKey) => [...identities, ...exceptions].some((entry) => sameEntry(entry, key));
}

function intentOf(
  deps: Pick<Deps, 'entries'>,
  cluster: Cluster,
  request: ApplyFileRequest,
  ready: readonly Ready[],
): ApplyIntent {
  const { identities, exceptions } = request.wanted;
  const wanted = {
    ...(identities === undefined ? {} : { identities: desiredEntries(identities, ready) }),
    ...(exceptions === undefined ? {} : { exceptions }),
  };
  return intentFor(cluster.profile, wanted, intentOptions(deps, request));
}

function intentOptions({ entries }: Pick<Deps, 'entries'>, { wanted, prune }: ApplyFileRequest) {
  return { named: wanted, prune, replacesInPlace: entries.replacesInPlace };
}

/** What only adds and updates needs nobody's leave. */
function agreed(
  { confirm, entries }: Pick<Deps, 'confirm' | 'entries'>,
  cluster: Cluster,
  intent: ApplyIntent,
): Promise<boolean> {
  const { goneIdentities, goneExceptions, replaced } = intent;
  const deeds = [
    ...count('delete', goneIdentities, 'pod identity', 'pod identities'),
    ...count('delete', goneExceptions, 'exception', 'exceptions'),
    ...count('replace', replaced, 'managed identity', 'managed identities'),
  ];
  if (deeds.length === 0) {
    return Promise.resolve(true);
  }
  const gap = replaced.length > 0 && !entries.replacesInPlace;
  const between = gap ? ' Pods of replaced ones get no tokens in between.' : '';
  const what = deeds.join(', ');
  return confirm(`${what.charAt(0).toUpperCase()}${what.slice(1)} on cluster ${cluster.id.name}?${between}`);
}

function count(verb: string, list: readonly unknown[], one: string, many: string): string[] {
  return list.length === 0 ? [] : [`${verb} ${list.length} ${list.length === 1 ? one : many}`];
}

function applied(cluster: Cluster, changes: readonly Change[]) {
  const { identities, exceptions } = cluster.profile;
  return { result: { changes, identities, exceptions }, cluster };
}

function isOf(entry: FileIdentity, change: Change): boolean {
  return change.kind === 'identity' && change.namespace === entry.namespace && change.name === entry.name;
}
