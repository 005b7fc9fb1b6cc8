import { isAddonException } from './addon-exception.ts';
import type { PodIdentityProfile } from './cluster.ts';
import type { ObjectsInCluster } from './cluster-objects.ts';
import { type EntryKey, sameEntry, sameLabels } from './pod-identity.ts';
import { sameResource } from './resource-id.ts';

/** One entry that ARM and the cluster do not hold alike; null on the side that lacks it. */
export interface Drift extends EntryKey {
  readonly kind: 'identity' | 'exception';
  readonly arm: unknown;
  readonly cluster: unknown;
}

/** What differs between the profile and the cluster's objects, entry by entry, in both directions. */
export function findDrift(profile: PodIdentityProfile, objects: ObjectsInCluster): Drift[] {
  const identities = profile.identities.map(({ namespace, name, bindingSelector, identity }) => {
    return { namespace, name, bindingSelector, resourceId: identity.resourceId, clientId: identity.clientId };
  });
  const exceptions = objects.exceptions.filter((entry) => !isAddonException(entry));
  return [
    ...compare('identity', identities, objects.identities, sameIdentity),
    ...compare('exception', profile.exceptions, exceptions, (one, other) =>
      sameLabels(one.podLabels, other.podLabels),
    ),
  ];
}

type IdentityFacts = ObjectsInCluster['identities'][number];

function sameIdentity(one: IdentityFacts, other: IdentityFacts): boolean {
  return (
    one.bindingSelector === other.bindingSelector &&
    sameResource(one.resourceId ?? '', other.resourceId ?? '') &&
    (one.clientId ?? '').toLowerCase() === (other.clientId ?? '').toLowerCase()
  );
}

function compare<Entry extends EntryKey>(
  kind: Drift['kind'],
  arm: readonly Entry[],
  cluster: readonly Entry[],
  same: (one: Entry, other: Entry) => boolean,
): Drift[] {
  const inArm = arm.flatMap((entry) => {
    const other = cluster.find((candidate) => sameEntry(entry, candidate));
    return other !== undefined && same(entry, other) ? [] : [driftOf(kind, entry, other ?? null, entry)];
  });
  const onlyInCluster = cluster
    .filter((entry) => !arm.some((candidate) => sameEntry(entry, candidate)))
    .map((entry) => driftOf(kind, null, entry, entry));
  return [...inArm, ...onlyInCluster];
}

function driftOf(kind: Drift['kind'], arm: unknown, cluster: unknown, { namespace, name }: EntryKey): Drift {
  return { kind, namespace, name, arm, cluster };
}
