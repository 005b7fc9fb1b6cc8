import { managedIdentityType, parseResourceId } from '../azure/resource-id.ts';
import { entryText } from '../entries/pod-identity.ts';
import type { AzureIdentity } from '../kubernetes/identity-resources.ts';
import { readingOr } from '../migrate/migration-facts.ts';
import { clientIdAnnotation } from '../migrate/workload-identity-words.ts';
import type { AccessFacts } from './access-facts.ts';
import { compareText } from './access-report.ts';

/** An identity that something in the cluster, on its nodes or in Azure's profile names. */
export interface KnownIdentity {
  /** What tells it from others: its resource id in lower case, else its client id, else its object. */
  readonly key: string;
  readonly resourceId: string;
  readonly clientId: string;
  readonly name: string;
  readonly kind: 'managed-identity' | 'service-principal';
  readonly objects: readonly AzureIdentity[];
  readonly purpose?: string;
}

interface Named {
  readonly resourceId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly object?: AzureIdentity;
  readonly purpose?: string;
  readonly kind?: KnownIdentity['kind'];
}

type Naming = Pick<
  AccessFacts,
  'resources' | 'machines' | 'identityBindings' | 'serviceAccounts' | 'cluster' | 'azure' | 'idsByClient'
>;

/** All that are named, each once, whoever names it; sorted by name. */
export function knownIdentities(facts: Naming): readonly KnownIdentity[] {
  const found = new Map<string, Mutable>();
  for (const each of namedIn(facts)) {
    const clientId = (each.clientId ?? '').trim();
    const written = parseResourceId(each.resourceId ?? '', managedIdentityType)?.text;
    const isManaged = each.kind !== 'service-principal';
    const resourceId = isManaged ? (written ?? facts.idsByClient.get(clientId.toLowerCase())) : undefined;
    const key = keyOf(resourceId, clientId, each.object);
    const known = found.get(key) ?? { key, kind: each.kind ?? 'managed-identity', objects: [] };
    found.set(key, known);
    known.resourceId ??= resourceId;
    known.clientId ||= clientId;
    known.purpose ??= each.purpose;
    if (each.object !== undefined) {
      known.objects.push(each.object);
    }
  }
  return [...found.values()].map((known) => finished(known, facts)).toSorted(byName);
}

interface Mutable {
  readonly key: string;
  readonly kind: KnownIdentity['kind'];
  readonly objects: AzureIdentity[];
  resourceId?: string | undefined;
  clientId?: string;
  purpose?: string | undefined;
}

function finished(known: Mutable, { azure }: Naming): KnownIdentity {
  const side = azure.get(known.key);
  const resourceId = side?.resourceId ?? known.resourceId ?? '';
  const [first] = known.objects;
  const clientId = known.clientId || side?.clientId || '';
  const name = resourceId.split('/').at(-1) || (first && entryText(first.metadata)) || clientId;
  return {
    key: known.key,
    kind: known.kind,
    resourceId,
    clientId,
    name,
    objects: known.objects.toSorted((one, other) =>
      compareText(entryText(one.metadata), entryText(other.metadata)),
    ),
    ...(known.purpose === undefined ? {} : { purpose: known.purpose }),
  };
}

function keyOf(resourceId: string | undefined, clientId: string, object: AzureIdentity | undefined): string {
  if (resourceId !== undefined) {
    return resourceId.toLowerCase();
  }
  return clientId === '' && object !== undefined
    ? `object ${entryText(object.metadata)}`
    : `client ${clientId.toLowerCase()}`;
}

/** Ids of managed identities alone: what Azure is to be asked about. */
export function namedResources(facts: Omit<Naming, 'azure'>): readonly string[] {
  return knownIdentities({ ...facts, azure: new Map() }).flatMap(({ resourceId }) => resourceId || []);
}

function namedIn(facts: Omit<Naming, 'azure'> & { readonly azure: Naming['azure'] }): readonly Named[] {
  const cluster = readingOr(facts.cluster, undefined);
  const kubelet = cluster?.kubeletIdentityResourceId;
  return [
    ...facts.resources.identities.map((object): Named => {
      const { type = 0, resourceID, clientID } = object.spec;
      return type === 0
        ? { resourceId: resourceID, clientId: clientID, object }
        : { clientId: clientID, object, kind: 'service-principal' };
    }),
    ...(kubelet === undefined
      ? []
      : [{ resourceId: kubelet, clientId: cluster?.kubeletIdentityIds?.clientId, purpose: 'kubelet' }]),
    ...(cluster?.addonIdentities ?? []).map(({ addon, resourceId, clientId }) => ({
      resourceId,
      clientId,
      purpose: `add-on ${addon}`,
    })),
    ...readingOr(facts.machines, []).flatMap(({ identityIds, identityClientIds }) =>
      identityIds.map((resourceId) => ({ resourceId, clientId: identityClientIds?.[resourceId] })),
    ),
    ...readingOr(facts.identityBindings, []),
    // Of Workload Identity: an account says whom its pods are.
    ...readingOr(facts.serviceAccounts, []).flatMap(({ annotations }) => {
      const clientId = annotations[clientIdAnnotation]?.trim().toLowerCase() ?? '';
      return facts.idsByClient.has(clientId) ? [{ clientId }] : [];
    }),
    ...[...facts.azure.values()].map(({ resourceId, clientId }) => ({ resourceId, clientId })),
  ];
}

function byName(one: KnownIdentity, other: KnownIdentity): number {
  return compareText(one.name, other.name) || compareText(one.key, other.key);
}
