import type { PodIdentityProfile } from '../clusters/cluster.ts';
import type { MirrorRequest } from '../kubernetes/cluster-objects.ts';
import type { DesiredPodIdentity, PodIdentity } from './pod-identity.ts';
import type { ProfileEdit } from './profile-edit.ts';

/**
 * An edit of the entries as one of the objects that are their truth: what is not as it was read is not
 * written over.
 */
export function objectsEdit(
  { objects }: PodIdentityProfile,
  edit: ProfileEdit,
  how: Pick<MirrorRequest, 'force' | 'dryRun'>,
): MirrorRequest {
  return {
    identities: (edit.putIdentities ?? []).map(asEntry),
    exceptions: edit.putExceptions ?? [],
    goneIdentities: edit.deleteIdentities ?? [],
    goneExceptions: edit.deleteExceptions ?? [],
    prune: false,
    ...how,
    ...(objects === undefined ? {} : { expected: objects.versions }),
  };
}

/**
 * Stands for the client id of an identity that is only planned, in a rehearsal: the cluster takes no empty
 * one.
 */
export const unknownClientId = '00000000-0000-0000-0000-000000000000';

function asEntry(desired: DesiredPodIdentity): PodIdentity {
  const { identity } = desired;
  return {
    ...desired,
    bindingSelector: desired.bindingSelector ?? desired.name,
    identity: { ...identity, clientId: identity.clientId || unknownClientId },
  };
}
