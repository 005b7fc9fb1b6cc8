import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { Cluster, PodIdentityProfile } from '../clusters/cluster.ts';
import { nextCommand } from '../hints/next-command.ts';
import {
  type DesiredPodIdentity,
  type EntryKey,
  type PodIdentity,
  type PodIdentityException,
  sameEntry,
} from './pod-identity.ts';

/**
 * What a command wants of the profile, apart from what is in it now: so that after a 412 the same intent is
 * applied to what is there then. Entries that are put take the place of those with the same key, or go to the
 * end; all other entries stay as they are.
 */
export interface ProfileEdit {
  /** `off` drops everything in the profile. */
  readonly addon?: 'on' | 'off';
  /** Sets the consent; it is never taken back but by turning the add-on off. */
  readonly allowNetworkPluginKubenet?: true;
  readonly putIdentities?: readonly DesiredPodIdentity[];
  readonly deleteIdentities?: readonly EntryKey[];
  readonly putExceptions?: readonly PodIdentityException[];
  readonly deleteExceptions?: readonly EntryKey[];
}

/**
 * The profile as it should be after the edit; states of entries that are put are unknown until the server
 * answers.
 */
export function editProfile(profile: PodIdentityProfile, edit: ProfileEdit): PodIdentityProfile {
  if (edit.addon === 'off') {
    return { enabled: false, allowNetworkPluginKubenet: false, identities: [], exceptions: [] };
  }
  return {
    enabled: edit.addon === 'on' || profile.enabled,
    allowNetworkPluginKubenet: edit.allowNetworkPluginKubenet === true || profile.allowNetworkPluginKubenet,
    identities: editEntries(
      profile.identities,
      (edit.putIdentities ?? []).map(asPodIdentity),
      edit.deleteIdentities ?? [],
    ),
    exceptions: editEntries(profile.exceptions, edit.putExceptions ?? [], edit.deleteExceptions ?? []),
  };
}

function asPodIdentity(desired: DesiredPodIdentity): PodIdentity {
  return { ...desired, bindingSelector: desired.bindingSelector ?? desired.name };
}

/**
 * The list after the edit: what is put takes the first place of its key and drops later ones of the same key.
 * Also run by the adapter that edits the document's text, so that both agree.
 */
export function editEntries<Current extends EntryKey, Put extends EntryKey>(
  current: readonly Current[],
  put: readonly Put[],
  gone: readonly EntryKey[],
): (Current | Put)[] {
  const placed = new Set<Put>();
  const kept: (Current | Put)[] = [];
  for (const entry of current) {
    if (gone.some((key) => sameEntry(key, entry))) {
      continue;
    }
    const replacement = put.find((candidate) => sameEntry(candidate, entry));
    if (replacement === undefined) {
      kept.push(entry);
    } else if (!placed.has(replacement)) {
      placed.add(replacement);
      kept.push(replacement);
    }
  }
  return [...kept, ...put.filter((entry) => !placed.has(entry))];
}

/** Identities, and as many exceptions, that AKS takes in one cluster (AKS changelog of 2021-03-08). */
export const entryLimit = 200;

/**
 * Objects in the cluster know no such limit. @throws PodidError LimitReached, unless the profile is no larger
 * than it was
 */
export function checkLimits({ id, profile: before }: Cluster, after: PodIdentityProfile): void {
  if (before.objects !== undefined) {
    return;
  }
  for (const [list, called] of [
    ['identities', 'pod identities'],
    ['exceptions', 'exceptions'],
  ] as const) {
    const count = after[list].length;
    if (count > entryLimit && count > before[list].length) {
      throw new PodidError(
        'LimitReached',
        `The cluster would hold ${count} ${called}; Azure takes at most ${entryLimit}.`,
        {
          hint:
            list === 'identities'
              ? advice`${nextCommand('delete', id, { failed: true })}  # clears dead entries; to see all: ${nextCommand('list', id)}`
              : advice`${nextCommand('exception list', id)}  # shows what there is`,
        },
      );
    }
  }
}
