import { sameResource } from '../../domain/azure/resource-id.ts';
import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, PodIdentityProfile } from '../../domain/clusters/cluster.ts';
import {
  type DesiredPodIdentity,
  type EntryKey,
  entryProgress,
  entryText,
  type PodIdentity,
  type PodIdentityException,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { type ObjectChange, objectKey } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { Decision } from '../change/profile-change.ts';
import { diffProfile, type ProfileDiff, type Replaced, unnamed, type WantedProfile } from './diff-profile.ts';

/**
 * What an apply may do, as it was shown and agreed to. What is deleted or replaced is named entry by entry,
 * so that a colleague's entry that turns up later is never taken for one of them.
 */
export interface ApplyIntent {
  readonly wanted: WantedProfile;
  readonly replaced: readonly PodIdentity[];
  readonly goneIdentities: readonly PodIdentity[];
  readonly goneExceptions: readonly PodIdentityException[];
  /** As the entry store says: then all of it is one write. */
  readonly replacesInPlace: boolean;
}

/** What the files name, whether it can be done or not: none of it is pruned. */
export interface NamedEntries {
  readonly identities?: readonly EntryKey[];
  readonly exceptions?: readonly EntryKey[];
}

export interface IntentOptions {
  readonly named: NamedEntries;
  readonly prune: boolean;
  readonly replacesInPlace: boolean;
}

export function intentFor(
  profile: PodIdentityProfile,
  wanted: WantedProfile,
  { named, prune, replacesInPlace }: IntentOptions,
): ApplyIntent {
  return {
    wanted,
    replacesInPlace,
    replaced: diffProfile(profile, wanted).replace.map(({ old }) => old),
    // What is on its way out already needs nobody's PUT.
    goneIdentities: prune
      ? unnamed(profile.identities, named.identities)
          .filter(isStaying)
          .filter(isOurs(profile, 'AzureIdentity'))
      : [],
    goneExceptions: prune
      ? unnamed(profile.exceptions, named.exceptions).filter(isOurs(profile, 'AzurePodIdentityException'))
      : [],
  };
}

/** A profile is all podid's to edit; of objects in the cluster those that podid wrote. */
function isOurs({ objects }: PodIdentityProfile, kind: ObjectChange['kind']) {
  return (entry: EntryKey) => objects === undefined || objects.own.has(objectKey(kind, entry));
}

/**
 * The one write, or, where replacing takes two steps, the first of two: everything but the entries that come
 * back with another identity.
 */
export function firstEdit(profile: PodIdentityProfile, intent: ApplyIntent): ProfileEdit {
  const diff = diffProfile(profile, intent.wanted);
  const there = (list: readonly EntryKey[]) => (key: EntryKey) => list.some((entry) => sameEntry(entry, key));
  const oneStep = intent.replacesInPlace;
  const putIdentities = [
    ...diff.put,
    ...diff.leaving,
    ...(oneStep ? diff.replace.map(({ wanted }) => wanted) : []),
  ];
  const deleteIdentities = [
    ...intent.goneIdentities.filter(there(profile.identities)),
    ...(oneStep ? [] : diff.replace.map(({ old }) => old)),
  ].map(keyOf);
  const deleteExceptions = intent.goneExceptions.filter(there(profile.exceptions)).map(keyOf);
  return {
    ...(putIdentities.length > 0 ? { putIdentities } : {}),
    ...(deleteIdentities.length > 0 ? { deleteIdentities } : {}),
    ...(diff.putExceptions.length > 0 ? { putExceptions: diff.putExceptions } : {}),
    ...(deleteExceptions.length > 0 ? { deleteExceptions } : {}),
  };
}

/** The second PUT: the entries that come back. */
export function secondEdit(profile: PodIdentityProfile, intent: ApplyIntent): ProfileEdit {
  if (intent.replacesInPlace) {
    return {};
  }
  const putIdentities = diffProfile(profile, intent.wanted).replace.map(({ wanted }) => wanted);
  return putIdentities.length > 0 ? { putIdentities } : {};
}

export function isEmptyEdit(edit: ProfileEdit): boolean {
  return Object.keys(edit).length === 0;
}

/**
 * Decides on a fresh read. @throws PodidError EntryConflict when an entry would now be replaced that nobody
 * agreed to replace
 */
export function decideApply(
  cluster: Cluster,
  intent: ApplyIntent,
  demands: Parameters<typeof checkCluster>[1],
): Decision {
  checkCluster(cluster, demands);
  const { profile } = cluster;
  const diff = diffProfile(profile, intent.wanted);
  refuseSurprise(diff, intent);
  if (diff.leaving.length > 0) {
    return { kind: 'wait-gone', keys: diff.leaving.map(keyOf) };
  }
  const edit = firstEdit(profile, intent);
  // What Azure is still working on is judged together with what is written.
  const putIdentities = [...(edit.putIdentities ?? []), ...diff.running];
  const judged = putIdentities.length > 0 ? { ...edit, putIdentities } : edit;
  if (isEmptyEdit(judged)) {
    return { kind: 'nothing' };
  }
  return { kind: needsWrite(profile, edit) ? 'write' : 'judge', edit: judged };
}

/**
 * Decides on the second PUT. An entry that is there again is somebody's; judging decides whether it is the
 * wanted one.
 */
export function decideReturn(cluster: Cluster, entries: readonly DesiredPodIdentity[]): Decision {
  const missing = entries.filter((entry) => !cluster.profile.identities.some((one) => sameEntry(one, entry)));
  return { kind: missing.length > 0 ? 'write' : 'judge', edit: { putIdentities: entries } };
}

function needsWrite(profile: PodIdentityProfile, edit: ProfileEdit): boolean {
  const { deleteIdentities = [], ...others } = edit;
  const staying = profile.identities.filter(isStaying);
  return (
    Object.keys(others).length > 0 ||
    deleteIdentities.some((key) => staying.some((entry) => sameEntry(entry, key)))
  );
}

function isStaying(entry: PodIdentity): boolean {
  return entryProgress(entry) !== 'deleting';
}

function refuseSurprise({ replace }: ProfileDiff, { replaced }: ApplyIntent): void {
  const isAgreed = ({ old }: Replaced) =>
    replaced.some(
      (entry) => sameEntry(entry, old) && sameResource(entry.identity.resourceId, old.identity.resourceId),
    );
  const surprise = replace.find((each) => !isAgreed(each));
  if (surprise === undefined) {
    return;
  }
  const called = entryText(surprise.old);
  throw new PodidError(
    'EntryConflict',
    `Someone else has given pod identity ${called} the identity ${surprise.old.identity.resourceId} meanwhile.`,
    {
      hint: advice`${command('podid apply --dry-run').again()}  # shows how the file and the cluster differ now`,
      target: called,
    },
  );
}

function keyOf({ namespace, name }: EntryKey): EntryKey {
  return { namespace, name };
}
