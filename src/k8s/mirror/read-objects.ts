import { isAddonException } from '../../domain/entries/addon-exception.ts';
import { type EntryKey, entryText, type PodIdentityException } from '../../domain/entries/pod-identity.ts';
import {
  type ObjectFacts,
  type ObjectsInCluster,
  objectKey,
} from '../../domain/kubernetes/cluster-objects.ts';
import type { AzureIdentity, AzureIdentityBinding } from '../../domain/kubernetes/identity-resources.ts';
import {
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../validate/kubernetes/crd-objects.ts';
import { parseManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { otherManager } from '../objects/other-manager.ts';
import type { OwnedObjects } from '../objects/owned-objects.ts';
import { kindRef, type ObjectKind } from '../objects/render-objects.ts';

/**
 * The cluster's objects as entries, whoever wrote them, in the server's order. Left out is
 * the exception that AKS keeps for its own pods.
 *
 * @throws PodidError MirrorFailed | ClusterUnreachable
 */
export async function readObjects(
  api: Pick<OwnedObjects, 'list'>,
  signal: AbortSignal,
): Promise<ObjectsInCluster> {
  const [identities, bindings, exceptions] = await Promise.all([
    api.list(kindRef('AzureIdentity'), '', signal),
    api.list(kindRef('AzureIdentityBinding'), '', signal),
    api.list(kindRef('AzurePodIdentityException'), '', signal),
  ]);
  return objectsAsEntries({ identities, bindings, exceptions });
}

export interface ObjectLists {
  readonly identities: readonly unknown[];
  readonly bindings: readonly unknown[];
  readonly exceptions: readonly unknown[];
}

/** The objects of the three kinds, as JSON, put together to entries. */
export function objectsAsEntries({ identities, bindings, exceptions }: ObjectLists): ObjectsInCluster {
  const resources = {
    identities: parsed(identities, parseAzureIdentity),
    bindings: parsed(bindings, parseAzureIdentityBinding),
    exceptions: parsed(exceptions, parseAzurePodIdentityException),
  };
  const { selectors, moreBindings } = selectorsOf(resources.bindings);
  const all = resources.identities;
  const isManaged = ({ spec }: AzureIdentity) => (spec.type ?? 0) === 0;
  const { facts, writers } = writtenBy({
    AzureIdentity: identities,
    AzureIdentityBinding: bindings,
    AzurePodIdentityException: exceptions,
  });
  const writerOf = (kind: ObjectKind, key: EntryKey) => writers.get(objectKey(kind, key));
  return {
    identities: all.filter(isManaged).map((identity) => {
      const entry = entryOf(identity, selectors);
      const binding = { ...entry, name: `${entry.name}-binding` };
      return withWriter(entry, writerOf('AzureIdentity', entry) ?? writerOf('AzureIdentityBinding', binding));
    }),
    exceptions: resources.exceptions
      .map(({ metadata, spec }) => ({ ...keyOf(metadata), podLabels: spec.podLabels ?? {} }))
      .map((entry) => withWriter(entry, writerOf('AzurePodIdentityException', entry)))
      .filter((exception: PodIdentityException) => !isAddonException(exception)),
    moreBindings,
    servicePrincipals: all.filter((identity) => !isManaged(identity)).map(({ metadata }) => keyOf(metadata)),
    facts,
    resources,
  };
}

/** `writers`: by `Kind namespace/name`, of those that others wrote only. */
function writtenBy(lists: Readonly<Record<ObjectKind, readonly unknown[]>>): {
  readonly facts: ObjectFacts;
  readonly writers: ReadonlyMap<string, string>;
} {
  const all = Object.entries(lists).flatMap(([kind, items]) =>
    parsed(items, parseManagedObject).map((object) => ({
      key: objectKey(kind as ObjectKind, object),
      version: object.resourceVersion,
      writer: otherManager(object),
    })),
  );
  return {
    facts: {
      versions: Object.fromEntries(all.map(({ key, version }) => [key, version])),
      own: new Set(all.filter(({ writer }) => writer === undefined).map(({ key }) => key)),
    },
    writers: new Map(
      all.flatMap(({ key, writer }) => (writer === undefined ? [] : [[key, writer] as const])),
    ),
  };
}

function parsed<Item>(
  items: readonly unknown[],
  parse: (json: unknown) => Item | undefined,
): readonly Item[] {
  return items.map(parse).filter((item) => item !== undefined);
}

function withWriter<Entry extends EntryKey>(
  entry: Entry,
  writer: string | undefined,
): Entry & { readonly writer?: string } {
  return { ...entry, ...(writer === undefined ? {} : { writer }) };
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
