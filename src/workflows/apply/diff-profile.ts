import { sameResource } from '../../domain/azure/resource-id.ts';
import type { PodIdentityProfile } from '../../domain/clusters/cluster.ts';
import {
  type DesiredPodIdentity,
  type EntryKey,
  entryProgress,
  type PodIdentity,
  type PodIdentityException,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { holdsException, holdsIdentity } from '../change/compare-profile.ts';

/** What the profile should hold; a list that is absent is left as it is. */
export interface WantedProfile {
  readonly identities?: readonly DesiredPodIdentity[];
  readonly exceptions?: readonly PodIdentityException[];
}

/** An entry that gets another managed identity, which Azure takes in two steps only. */
export interface Replaced {
  readonly old: PodIdentity;
  readonly wanted: DesiredPodIdentity;
}

/** What the profile lacks of what is wanted. */
export interface ProfileDiff {
  /** New, changed, or in a state that a repeat fixes. */
  readonly put: readonly DesiredPodIdentity[];
  readonly replace: readonly Replaced[];
  /** As wanted, and Azure still at work on them. */
  readonly running: readonly DesiredPodIdentity[];
  /** Wanted, and just being deleted: to be waited for and then put. */
  readonly leaving: readonly DesiredPodIdentity[];
  readonly putExceptions: readonly PodIdentityException[];
}

/**
 * What has to be written so that the profile holds all that is wanted, and leaves alone whatever is not
 * named.
 */
export function diffProfile(profile: PodIdentityProfile, wanted: WantedProfile): ProfileDiff {
  const put: DesiredPodIdentity[] = [];
  const replace: Replaced[] = [];
  const running: DesiredPodIdentity[] = [];
  const leaving: DesiredPodIdentity[] = [];
  for (const identity of wanted.identities ?? []) {
    const old = profile.identities.find((entry) => sameEntry(entry, identity));
    const progress = old && entryProgress(old);
    if (old === undefined) {
      put.push(identity);
    } else if (progress === 'deleting') {
      leaving.push(identity);
    } else if (!sameResource(old.identity.resourceId, identity.identity.resourceId)) {
      replace.push({ old, wanted: identity });
    } else if (progress === 'failed' || !holdsIdentity(old, identity)) {
      put.push(identity);
    } else if (progress === 'running') {
      running.push(identity);
    }
  }
  const putExceptions = (wanted.exceptions ?? []).filter(
    (exception) => !profile.exceptions.some((entry) => holdsException(entry, exception)),
  );
  return { put, replace, running, leaving, putExceptions };
}

/** What a list holds and the wish, where it speaks of the list, does not name: what `--prune` deletes. */
export function unnamed<Entry extends EntryKey>(
  entries: readonly Entry[],
  named: readonly EntryKey[] | undefined,
): Entry[] {
  if (named === undefined) {
    return [];
  }
  return entries.filter((entry) => !named.some((key) => sameEntry(key, entry)));
}
