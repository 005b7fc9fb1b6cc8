import type { Cluster, PodIdentityProfile } from '../../domain/clusters/cluster.ts';
import { type Drift, findDrift } from '../../domain/entries/drift.ts';
import type { Rehearsal } from '../../domain/entries/entry-store.ts';
import {
  type DesiredPodIdentity,
  type EntryKey,
  entryProgress,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { editProfile } from '../../domain/entries/profile-edit.ts';
import type { ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { rehearsedChanges } from '../change/changes-beside.ts';
import { holdsIdentity } from '../change/compare-profile.ts';
import { mirrorChange } from '../change/mirror-change.ts';
import type { Change, Plan } from '../change/outcome.ts';
import { objectChanges, profileChanges } from '../change/plan-changes.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import type { IdentitiesRead } from '../identities/prepare-identities.ts';
import { creationsOf, operatorRoleOf } from '../identities/prepare-identity.ts';
import { type ApplyIntent, firstEdit, isEmptyEdit, secondEdit } from './apply-intent.ts';

/** What applying would change in Azure: identities and roles first, then the profile. */
export function planApply(
  deps: ChangeDeps,
  profile: PodIdentityProfile,
  intent: ApplyIntent,
  identities: readonly IdentitiesRead[],
): Plan {
  const before = identities.flatMap(({ read }) => {
    const { missing } = operatorRoleOf(deps, read);
    return [...creationsOf(deps, read), ...(missing ? [missing] : [])];
  });
  const first = firstEdit(profile, intent);
  const second = secondEdit(profile, intent);
  const between = editProfile(profile, first);
  const changes = [
    ...before,
    ...profileChanges(profile, between),
    ...repeats(profile, first.putIdentities ?? []),
    ...profileChanges(between, editProfile(between, second)),
  ];
  return { changes, puts: [first, second].filter((edit) => !isEmptyEdit(edit)).length };
}

/** The profile as it would be in the end. */
function profileAfter(profile: PodIdentityProfile, intent: ApplyIntent): PodIdentityProfile {
  return editProfile(editProfile(profile, firstEdit(profile, intent)), secondEdit(profile, intent));
}

/** Adds what the cluster's own API holds, as far as it answers. */
export async function planWithObjects(
  deps: ChangeDeps,
  cluster: Cluster,
  intent: ApplyIntent,
  { plan, rehearsal }: { readonly plan: Plan; readonly rehearsal: Rehearsal | undefined },
): Promise<Plan> {
  if (rehearsal !== undefined) {
    return { ...plan, changes: [...plan.changes, ...rehearsedChanges(rehearsal)] };
  }
  if (deps.options.mirror === 'off') {
    return plan;
  }
  const after = profileAfter(cluster.profile, intent);
  const { objects } = await mirrorChange(deps, cluster, {
    identities: chosen(after.identities, intent.wanted.identities),
    exceptions: chosen(after.exceptions, intent.wanted.exceptions),
    goneIdentities: intent.goneIdentities,
    goneExceptions: intent.goneExceptions,
  });
  const onlyInCluster = await readOnlyInCluster(deps, after, objects);
  return {
    ...plan,
    changes: [...plan.changes, ...objectChanges(objects)],
    ...(onlyInCluster === undefined ? {} : { onlyInCluster }),
  };
}

export function chosen<Entry extends EntryKey>(
  entries: readonly Entry[],
  keys: readonly EntryKey[] | undefined,
): Entry[] {
  return entries.filter((entry) => keys?.some((key) => sameEntry(key, entry)));
}

/** An entry that is written again as it is, because Azure ended it as Failed. */
function repeats(profile: PodIdentityProfile, put: readonly DesiredPodIdentity[]): Change[] {
  return profile.identities.flatMap((entry): Change[] => {
    const isSame = put.some((wanted) => holdsIdentity(entry, wanted));
    if (entryProgress(entry) !== 'failed' || !isSame) {
      return [];
    }
    const { namespace, name, bindingSelector, identity, provisioningState } = entry;
    const after = { name, namespace, bindingSelector, identity };
    const before = { ...after, provisioningState };
    return [{ action: 'update', kind: 'identity', namespace, name, before, after }];
  });
}

/**
 * What stays in the cluster, without objects that go. Undefined when the cluster does not say; `mirrorChange` has said
 * why.
 */
async function readOnlyInCluster(
  deps: ChangeDeps,
  after: PodIdentityProfile,
  objects: readonly ObjectChange[],
): Promise<Plan['onlyInCluster']> {
  try {
    const api = await deps.kube.objects(deps.signal);
    const drift = findDrift(after, await api.read(deps.signal));
    return drift
      .filter((entry) => entry.arm === null && !objects.some((object) => takesAway(object, entry)))
      .map(({ kind, namespace, name }) => ({ kind, namespace, name }));
  } catch (error) {
    if (isPodidError(error) && !deps.signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

function takesAway(object: ObjectChange, { kind, ...key }: Pick<Drift, 'kind'> & EntryKey): boolean {
  const own = { identity: 'AzureIdentity', exception: 'AzurePodIdentityException' } as const;
  return object.action === 'delete' && object.kind === own[kind] && sameEntry(object, key);
}
