import type { IdentityReference } from '../../domain/azure/identity-reference.ts';
import { managedIdentityType, parseResourceId, sameResource } from '../../domain/azure/resource-id.ts';
import { podidCommand } from '../../domain/hints/next-command.ts';
import type { IdentitySummary } from '../../domain/ports.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type ListIdentitiesDeps, listManagedIdentities } from './list-identities.ts';

export interface IdentityPlace {
  /** Of the cluster; empty: the cluster is known by a kubeconfig alone. */
  readonly subscriptionId: string;
  /** The name that was probably meant; undefined when none is near enough. */
  readonly nearest: (typed: string, names: readonly string[]) => string | undefined;
}

/**
 * The id of a managed identity, however it was named.
 *
 * @throws PodidError InvalidUsage when several have that name, or there is no subscription to look in |
 * IdentityNotFound, and what reading them throws
 */
export async function findIdentity(
  deps: ListIdentitiesDeps,
  reference: IdentityReference,
  { subscriptionId, nearest }: IdentityPlace,
): Promise<string> {
  if (reference.kind === 'id') {
    return reference.resourceId;
  }
  if (subscriptionId === '') {
    throw refused(
      '--identity is looked up in the subscription of the cluster, and a kubeconfig names none. Give --identity-resource-id, or the cluster by -g and -c.',
    );
  }
  const all = await listManagedIdentities(deps, { subscriptionId });
  const found = all.filter(({ resourceId }) => isMeant(resourceId, reference));
  const [only] = found;
  if (only === undefined) {
    throw notFound(reference, subscriptionId, nearest(reference.name, namesOf(all)));
  }
  if (found.length > 1) {
    throw ambiguous(reference.name, found);
  }
  return inUsualCase(only.resourceId);
}

/** Lists of ARM write `resourcegroups`; an entry is to hold the id as people and other lists have it. */
function inUsualCase(resourceId: string): string {
  const id = parseResourceId(resourceId, managedIdentityType);
  return id === undefined
    ? resourceId
    : `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/${managedIdentityType}/${id.name}`;
}

type NamedReference = Extract<IdentityReference, { readonly kind: 'name' }>;

function isMeant(resourceId: string, { name, resourceGroup }: NamedReference): boolean {
  const id = parseResourceId(resourceId, managedIdentityType);
  return (
    id !== undefined &&
    sameResource(id.name, name) &&
    (resourceGroup === undefined || sameResource(id.resourceGroup, resourceGroup))
  );
}

function namesOf(all: readonly IdentitySummary[]): string[] {
  const names = all.map(({ resourceId }) => parseResourceId(resourceId, managedIdentityType)?.name ?? '');
  return [...new Set(names)];
}

function refused(message: string, details: readonly string[] = []): PodidError {
  const flag = '--identity';
  return new PodidError('InvalidUsage', message, {
    hint: podidCommand(['identity', 'list'], {}),
    details: (details.length === 0 ? [message] : details).map((text) => ({
      code: 'InvalidUsage',
      flag,
      message: text,
    })),
  });
}

function ambiguous(name: string, found: readonly IdentitySummary[]): PodidError {
  return refused(
    `--identity: ${found.length} managed identities of the subscription are called ${JSON.stringify(name)}. Give GROUP/NAME, or --identity-resource-id with one of the ids.`,
    found.map(({ resourceId }) => inUsualCase(resourceId)),
  );
}

function notFound(
  { name, resourceGroup }: NamedReference,
  subscriptionId: string,
  nearest: string | undefined,
): PodidError {
  const group = resourceGroup === undefined ? '' : ` in resource group ${JSON.stringify(resourceGroup)}`;
  const near = nearest === undefined ? '' : ` Nearest: ${nearest}.`;
  const list = podidCommand(['identity', 'list'], { subscription: subscriptionId });
  return new PodidError(
    'IdentityNotFound',
    `You see no managed identity called ${JSON.stringify(name)}${group} in subscription ${subscriptionId}.${near}`,
    { hint: advice`${list}  # lists them; one of another subscription is named by --identity-resource-id.` },
  );
}
