import { isAddonException } from '../../domain/entries/addon-exception.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import {
  type MirrorRequest,
  type ObjectVersions,
  objectKey,
} from '../../domain/kubernetes/cluster-objects.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import {
  exceptionKey,
  identityKeys,
  type ObjectKey,
  type ObjectKind,
  type RenderedObject,
  renderException,
  renderIdentity,
} from '../objects/render-objects.ts';
import type { ObjectStep } from '../objects/settle-object.ts';
import { chooseDeletion, chooseStep } from './choose-step.ts';

/** One object of a mirror, and how to decide about it. */
export interface Task {
  readonly key: ObjectKey;
  readonly choose: (found: ManagedObject | undefined) => ObjectStep;
  readonly wanted?: RenderedObject;
}

/** Objects to be written one after another: a binding never stands without its identity. */
export type Chain = readonly Task[];

/** What a request asks for, in its order: entries that should be there, then those that should be gone. */
export function chainsOf(request: MirrorRequest): readonly Chain[] {
  const { force } = request;
  const wanted = [
    ...request.identities.map(renderIdentity),
    ...request.exceptions.filter(isOurs).map((exception) => [renderException(exception)]),
  ];
  const kept = new Set(wanted.flat().map(keyText));
  const gone = [
    ...request.goneIdentities.map((entry) => identityKeys(entry).toReversed()),
    ...request.goneExceptions.filter(isOurs).map((entry) => [exceptionKey(entry)]),
  ].map((keys) => keys.filter((key) => !kept.has(keyText(key))));
  return [
    ...wanted.map((objects) => objects.map((object) => wantedTask(object, force))),
    ...gone.map((keys) => keys.map((key) => goneTask(key, force, request.expected === undefined))),
  ];
}

function isOurs(exception: EntryKey): boolean {
  return !isAddonException(exception);
}

function wantedTask(wanted: RenderedObject, force: boolean): Task {
  return { key: wanted, wanted, choose: (found) => chooseStep(wanted, found, force) };
}

function goneTask(key: ObjectKey, force: boolean, aksCleansUp = true): Task {
  return { key, choose: (found) => chooseDeletion(found, force, aksCleansUp) };
}

/** `AzureIdentity shop/web` */
export function keyText(key: ObjectKey): string {
  return objectKey(key.kind, key);
}

/**
 * Nothing is written over that is not as it was read, where that is asked for. @throws PodidError
 * StaleCluster
 */
export function refuseChanged(
  key: ObjectKey,
  found: ManagedObject | undefined,
  expected: ObjectVersions | undefined,
): void {
  if (expected === undefined || expected[keyText(key)] === found?.resourceVersion) {
    return;
  }
  throw new PodidError('StaleCluster', `${keyText(key)} was changed by someone else meanwhile.`, {
    hint: advice`The same command again decides on what is there now`,
    target: entryText(key),
  });
}

/** A binding goes before its identity. */
export const pruneOrder: readonly ObjectKind[] = [
  'AzureIdentityBinding',
  'AzureIdentity',
  'AzurePodIdentityException',
];

export interface FoundObject {
  readonly kind: ObjectKind;
  readonly object: ManagedObject;
}

/** Deletes podid's own objects of which no task speaks, sorted by kind, namespace and name. */
export function pruneTasks(tasks: readonly Task[], found: readonly FoundObject[]): readonly Task[] {
  const spokenOf = new Set(tasks.map((task) => keyText(task.key)));
  return pruneOrder.flatMap((kind) =>
    found
      .filter((each) => each.kind === kind && isPodids(each.object))
      .map(({ object: { namespace, name } }) => ({ kind, namespace, name }))
      .filter((key) => !spokenOf.has(keyText(key)))
      .sort(byText)
      .map((key) => goneTask(key, false)),
  );
}

function isPodids(object: ManagedObject): boolean {
  return isOurs(object) && chooseDeletion(object, false).action === 'delete';
}

function byText(one: ObjectKey, other: ObjectKey): number {
  return keyText(one) < keyText(other) ? -1 : 1;
}
