import { sameResource } from '../azure/resource-id.ts';
import type { PodIdentityProfile } from '../clusters/cluster.ts';
import type { ObjectsInCluster, ServicePrincipalObject } from '../kubernetes/cluster-objects.ts';
import { isAddonException } from './addon-exception.ts';
import { type EntryKey, sameEntry, sameLabels } from './pod-identity.ts';

/** One entry that differs between ARM and the cluster; null on the side that lacks it. */
export interface Drift extends EntryKey {
  readonly kind: 'identity' | 'exception';
  /**
   * `missing` and `pending` in the cluster (the namespace is not there yet either), `extra`: not in Azure.
   */
  readonly state: 'missing' | 'pending' | 'extra' | 'differs';
  /** Who wrote the objects in the cluster where podid did not: `AKS`, `kubectl-edit`. */
  readonly writer: string | null;
  /** Where both sides have the entry: what of it differs. */
  readonly fields: readonly DriftField[];
  readonly arm: unknown;
  readonly cluster: unknown;
}

export interface DriftField {
  /** `bindingSelector`, `resourceId`, `clientId`, `podLabels.app`. */
  readonly field: string;
  /** Null where the side has none. */
  readonly arm: string | null;
  readonly cluster: string | null;
}

/** What differs between the profile and the cluster's objects, entry by entry, in both directions. */
export function findDrift(profile: PodIdentityProfile, objects: ObjectsInCluster): Drift[] {
  const identities = profile.identities.map(({ namespace, name, bindingSelector, identity }) => {
    return { namespace, name, bindingSelector, resourceId: identity.resourceId, clientId: identity.clientId };
  });
  const exceptions = objects.exceptions.filter((entry) => !isAddonException(entry));
  const { namespaces, servicePrincipals = [] } = objects;
  return [
    ...compare(identities, objects.identities, { kind: 'identity', namespaces, fields: identityFields }).map(
      (each) => withOtherType(each, servicePrincipals),
    ),
    ...compare(profile.exceptions, exceptions, { kind: 'exception', namespaces, fields: exceptionFields }),
  ];
}

/** An entry is always of type 0; an AzureIdentity of its name that has become a service principal's is not missing. */
function withOtherType(drift: Drift, principals: readonly ServicePrincipalObject[]): Drift {
  const other = drift.arm === null ? undefined : principals.find((each) => sameEntry(drift, each));
  if (other === undefined || drift.cluster !== null) {
    return drift;
  }
  const type = { secret: '1', certificate: '2', none: 'unknown' }[other.signIn?.signsInBy ?? 'none'];
  return { ...drift, state: 'differs', fields: [field('type', '0', type)], cluster: other };
}

/** One difference as a sentence without its end, for a row of a table. */
export function driftText({ state, writer, fields }: Drift): string {
  const by = writer === null ? '' : `, written by ${writer}`;
  switch (state) {
    case 'missing':
      return 'in Azure, not in the cluster';
    case 'pending':
      return 'in Azure; its namespace does not exist in the cluster yet';
    case 'extra':
      return `in the cluster, not in Azure${by}`;
    case 'differs':
      return `${fields.map(fieldText).join('; ')}${by}`;
  }
}

function fieldText({ field, arm, cluster }: DriftField): string {
  return `${field} is ${textOf(cluster)} in the cluster, ${textOf(arm)} in Azure`;
}

function textOf(value: string | null): string {
  return value === null ? 'absent' : JSON.stringify(value);
}

type IdentityFacts = ObjectsInCluster['identities'][number];
type ExceptionFacts = ObjectsInCluster['exceptions'][number];

function identityFields(arm: IdentityFacts, cluster: IdentityFacts): DriftField[] {
  const selector = field('bindingSelector', arm.bindingSelector, cluster.bindingSelector);
  const resource = field('resourceId', arm.resourceId, cluster.resourceId);
  const client = field('clientId', arm.clientId, cluster.clientId);
  return [
    ...(selector.arm === selector.cluster ? [] : [selector]),
    ...(sameResource(resource.arm ?? '', resource.cluster ?? '') ? [] : [resource]),
    ...((client.arm ?? '').toLowerCase() === (client.cluster ?? '').toLowerCase() ? [] : [client]),
  ];
}

function exceptionFields(arm: ExceptionFacts, cluster: ExceptionFacts): DriftField[] {
  if (sameLabels(arm.podLabels, cluster.podLabels)) {
    return [];
  }
  const keys = new Set([...Object.keys(arm.podLabels), ...Object.keys(cluster.podLabels)]);
  return [...keys]
    .sort()
    .map((key) => field(`podLabels.${key}`, labelOf(arm, key), labelOf(cluster, key)))
    .filter((each) => each.arm !== each.cluster);
}

function labelOf({ podLabels }: ExceptionFacts, key: string): string | undefined {
  return Object.hasOwn(podLabels, key) ? podLabels[key] : undefined;
}

function field(name: string, arm: string | undefined, cluster: string | undefined): DriftField {
  return { field: name, arm: arm ?? null, cluster: cluster ?? null };
}

interface Comparison<Entry> {
  readonly kind: Drift['kind'];
  readonly namespaces: readonly string[] | undefined;
  readonly fields: (arm: Entry, cluster: Entry) => readonly DriftField[];
}

function compare<Entry extends EntryKey & { readonly writer?: string }>(
  arm: readonly Entry[],
  cluster: readonly Entry[],
  { kind, namespaces, fields }: Comparison<Entry>,
): Drift[] {
  const inArm = arm.flatMap((entry): Drift[] => {
    const { namespace, name } = entry;
    const other = cluster.find((candidate) => sameEntry(entry, candidate));
    if (other === undefined) {
      const state = namespaces?.includes(namespace) === false ? 'pending' : 'missing';
      return [{ kind, namespace, name, state, writer: null, fields: [], arm: entry, cluster: null }];
    }
    const differing = fields(entry, other);
    if (differing.length === 0) {
      return [];
    }
    const sides = { arm: entry, cluster: factsOf(other) };
    return [
      { kind, namespace, name, state: 'differs', writer: writerOf(other), fields: differing, ...sides },
    ];
  });
  const onlyInCluster = cluster
    .filter((entry) => !arm.some((candidate) => sameEntry(entry, candidate)))
    .map((entry): Drift => {
      const { namespace, name } = entry;
      const sides = { arm: null, cluster: factsOf(entry) };
      return { kind, namespace, name, state: 'extra', writer: writerOf(entry), fields: [], ...sides };
    });
  return [...inArm, ...onlyInCluster];
}

function writerOf({ writer }: { readonly writer?: string }): string | null {
  return writer ?? null;
}

function factsOf<Entry extends { readonly writer?: string }>({ writer: _, ...facts }: Entry): unknown {
  return facts;
}
