import type { ObjectsInCluster, ServicePrincipalObject } from '../kubernetes/cluster-objects.ts';
import { credentialOf } from '../kubernetes/identity-credential.ts';
import type {
  AzureIdentity,
  AzureIdentityBinding,
  IdentityResources,
} from '../kubernetes/identity-resources.ts';
import { isAddonException } from './addon-exception.ts';
import { type EntryKey, entryText } from './pod-identity.ts';

/**
 * Objects put together to entries, in their order. Left out is the exception that AKS keeps for its own
 * pods.
 */
export function entriesOfObjects({
  identities,
  bindings,
  exceptions,
}: IdentityResources): Pick<
  ObjectsInCluster,
  'identities' | 'exceptions' | 'moreBindings' | 'servicePrincipals'
> {
  const { selectors, moreBindings } = selectorsOf(bindings);
  const isLeaving = leavingOf(bindings);
  const isManaged = ({ spec }: AzureIdentity) => (spec.type ?? 0) === 0;
  return {
    identities: identities
      .filter(isManaged)
      .map((identity) => ({ ...entryOf(identity, selectors), ...isLeaving(identity) })),
    exceptions: exceptions
      .map(({ metadata, spec }) => ({ ...keyOf(metadata), podLabels: spec.podLabels ?? {} }))
      .filter((exception) => !isAddonException(exception)),
    moreBindings,
    servicePrincipals: identities
      .filter((identity) => !isManaged(identity))
      .map((identity) => ({ ...servicePrincipalOf(identity, selectors), ...isLeaving(identity) })),
  };
}

/** An entry goes with its AzureIdentity, and with the last of its bindings. */
function leavingOf(bindings: readonly AzureIdentityBinding[]) {
  const keys = (which: (binding: AzureIdentityBinding) => boolean) =>
    new Set(
      bindings
        .filter(({ spec }) => spec.azureIdentity && spec.selector)
        .filter(which)
        .map(({ metadata, spec }) => `${metadata.namespace}/${spec.azureIdentity}`),
    );
  const leaving = keys(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const staying = keys(({ metadata }) => metadata.deletionTimestamp === undefined);
  return ({ metadata }: AzureIdentity): { readonly beingDeleted?: true } => {
    const key = entryText(metadata);
    const isLast = leaving.has(key) && !staying.has(key);
    return metadata.deletionTimestamp !== undefined || isLast ? { beingDeleted: true } : {};
  };
}

function entryOf({ metadata, spec }: AzureIdentity, selectors: ReadonlyMap<string, string>) {
  const key = keyOf(metadata);
  const bindingSelector = selectors.get(entryText(key));
  return {
    ...key,
    ...(bindingSelector ? { bindingSelector } : {}),
    ...(spec.resourceID ? { resourceId: spec.resourceID } : {}),
    ...(spec.clientID ? { clientId: spec.clientID } : {}),
  };
}

function servicePrincipalOf(
  identity: AzureIdentity,
  selectors: ReadonlyMap<string, string>,
): ServicePrincipalObject {
  const key = keyOf(identity.metadata);
  const { type, clientID, tenantID = '', auxiliaryTenantIDs = [], clientPassword } = identity.spec;
  const bindingSelector = selectors.get(entryText(key));
  const credential = credentialOf(identity);
  const signIn = {
    signsInBy: type === 1 ? ('secret' as const) : ('certificate' as const),
    tenantId: tenantID,
    ...(type === 1 && auxiliaryTenantIDs.length > 0 ? { auxiliaryTenantIds: auxiliaryTenantIDs } : {}),
    secret: { namespace: clientPassword?.namespace || key.namespace, name: clientPassword?.name ?? '' },
  };
  return {
    ...key,
    ...(bindingSelector ? { bindingSelector } : {}),
    ...(clientID ? { clientId: clientID } : {}),
    ...(type === 1 || type === 2 ? { signIn } : {}),
    ...(credential.kind === 'incomplete-identity' ? { fault: credential.what } : {}),
  };
}

/** By identity: the selector of `name-binding`, else of the first binding by name that refers to it. */
function selectorsOf(bindings: readonly AzureIdentityBinding[]): {
  readonly selectors: ReadonlyMap<string, string>;
  readonly moreBindings: NonNullable<ObjectsInCluster['moreBindings']>;
} {
  const selectors = new Map<string, string>();
  const moreBindings: NonNullable<ObjectsInCluster['moreBindings']>[number][] = [];
  const isConventional = ({ metadata, spec }: AzureIdentityBinding) =>
    metadata.name === `${spec.azureIdentity}-binding`;
  const rank = (binding: AzureIdentityBinding) =>
    `${isConventional(binding) ? 0 : 1}${binding.metadata.name}`;
  for (const binding of bindings.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))) {
    const { azureIdentity, selector } = binding.spec;
    if (!selector || !azureIdentity) {
      continue;
    }
    const identity = entryText({ namespace: binding.metadata.namespace, name: azureIdentity });
    if (!selectors.has(identity)) {
      selectors.set(identity, selector);
    } else {
      moreBindings.push({ ...keyOf(binding.metadata), identity: azureIdentity, bindingSelector: selector });
    }
  }
  return { selectors, moreBindings };
}

function keyOf({ namespace, name }: EntryKey): EntryKey {
  return { namespace, name };
}
