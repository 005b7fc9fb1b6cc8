import type { ObjectsInCluster } from '../domain/cluster-objects.ts';
import type { AzureIdentity, AzureIdentityBinding } from '../domain/identity-resources.ts';
import { type EntryKey, entryText, type PodIdentityException } from '../domain/pod-identity.ts';
import {
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../validate/crd-objects.ts';
import type { ObjectApi } from './object-port.ts';
import { isAddonException } from './render-objects.ts';

/**
 * The cluster's objects as entries, whoever wrote them, in the server's order. Left out: service principals, which no entry can say, and
 * the exception that AKS keeps for its own pods.
 *
 * @throws PodidError MirrorFailed | ClusterUnreachable
 */
export async function readObjects(api: ObjectApi, signal: AbortSignal): Promise<ObjectsInCluster> {
  const [identities, bindings, exceptions] = await Promise.all([
    api.list('AzureIdentity', '', signal),
    api.list('AzureIdentityBinding', '', signal),
    api.list('AzurePodIdentityException', '', signal),
  ]);
  const selectors = selectorsOf(parsed(bindings, parseAzureIdentityBinding));
  return {
    identities: parsed(identities, parseAzureIdentity)
      .filter(({ spec }) => (spec.type ?? 0) === 0)
      .map((identity) => entryOf(identity, selectors)),
    exceptions: parsed(exceptions, parseAzurePodIdentityException)
      .map(({ metadata, spec }) => ({ ...keyOf(metadata), podLabels: spec.podLabels ?? {} }))
      .filter((exception: PodIdentityException) => !isAddonException(exception)),
  };
}

function parsed<Item>(
  items: readonly unknown[],
  parse: (json: unknown) => Item | undefined,
): readonly Item[] {
  return items.map(parse).filter((item) => item !== undefined);
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

/** By identity: the selector of `name-binding`, else of the first binding by name that refers to it. */
function selectorsOf(bindings: readonly AzureIdentityBinding[]): ReadonlyMap<string, string> {
  const selectors = new Map<string, string>();
  const isConventional = ({ metadata, spec }: AzureIdentityBinding) =>
    metadata.name === `${spec.azureIdentity}-binding`;
  const rank = (binding: AzureIdentityBinding) =>
    `${isConventional(binding) ? 0 : 1}${binding.metadata.name}`;
  for (const binding of bindings.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))) {
    const { azureIdentity, selector } = binding.spec;
    const identity = entryText({ namespace: binding.metadata.namespace, name: azureIdentity ?? '' });
    if (selector && !selectors.has(identity)) {
      selectors.set(identity, selector);
    }
  }
  return selectors;
}

function keyOf({ namespace, name }: EntryKey): EntryKey {
  return { namespace, name };
}
