import { entriesOfObjects } from '../../domain/entries/entries-of-objects.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import {
  type ObjectFacts,
  type ObjectsInCluster,
  objectKey,
} from '../../domain/kubernetes/cluster-objects.ts';
import {
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../validate/kubernetes/crd-objects.ts';
import { parseManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { otherOwners } from '../objects/field-owners.ts';
import { otherManager } from '../objects/other-manager.ts';
import type { OwnedObjects } from '../objects/owned-object.ts';
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
  const { identities: entries, exceptions: excepted, ...others } = entriesOfObjects(resources);
  const { facts, writers } = writtenBy({
    AzureIdentity: identities,
    AzureIdentityBinding: bindings,
    AzurePodIdentityException: exceptions,
  });
  const writerOf = (kind: ObjectKind, key: EntryKey) => writers.get(objectKey(kind, key));
  return {
    identities: entries.map((entry) => {
      const binding = { ...entry, name: `${entry.name}-binding` };
      return withWriter(entry, writerOf('AzureIdentity', entry) ?? writerOf('AzureIdentityBinding', binding));
    }),
    exceptions: excepted.map((entry) => withWriter(entry, writerOf('AzurePodIdentityException', entry))),
    ...others,
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
      isEdited: otherOwners(object.managedFields, [['spec']]).length > 0,
    })),
  );
  const own = all.filter(({ writer }) => writer === undefined);
  return {
    facts: {
      versions: Object.fromEntries(all.map(({ key, version }) => [key, version])),
      own: new Set(own.map(({ key }) => key)),
      edited: new Set(own.filter(({ isEdited }) => isEdited).map(({ key }) => key)),
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
