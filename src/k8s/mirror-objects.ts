import { isAddonException } from '../domain/addon-exception.ts';
import {
  crdMissingCode,
  type MirrorRequest,
  namespaceMissing,
  type ObjectChange,
  type ObjectVersions,
  objectKey,
} from '../domain/cluster-objects.ts';
import { type EntryKey, entryText } from '../domain/pod-identity.ts';
import { isPodidError, PodidError } from '../errors/podid-error.ts';
import { type ManagedObject, parseManagedObject } from '../validate/managed-object.ts';
import { chooseDeletion, chooseStep, type MirrorStep } from './choose-step.ts';
import { mapInParallel } from './map-in-parallel.ts';
import type { ObjectApi } from './object-port.ts';
import {
  exceptionKey,
  identityKeys,
  managedByLabel,
  type ObjectKey,
  type ObjectKind,
  podidManager,
  type RenderedObject,
  renderException,
  renderIdentity,
} from './render-objects.ts';

/**
 * Brings the cluster's objects in line with the entries: those of `request` in its order, then what is gone, then what is pruned.
 * The exception `aks-addon-exception` is AKS's to write, and passed over even by force.
 * An object that fails does not keep the others from being written; an API server that cannot be reached does.
 *
 * @throws PodidError MirrorFailed (exit 6 when all that failed was forbidden) | ClusterUnreachable | StaleCluster
 */
export async function mirrorObjects(
  api: ObjectApi,
  request: MirrorRequest,
  signal: AbortSignal,
): Promise<readonly ObjectChange[]> {
  const { force, dryRun, expected } = request;
  const write: Write = { api, signal, force, dryRun, ...(expected ? { expected } : {}) };
  const chains = chainsOf(request);
  const failures: PodidError[] = [];
  const run = (chain: Chain) => runChain(write, chain).catch((error: unknown) => collect(error, failures));
  const changes = (await mapInParallel(chains, requestsAtOnce, run)).flat();
  const pruned = request.prune && failures.length === 0 ? await prunable(write, chains) : [];
  const removed = (await mapInParallel(pruned, requestsAtOnce, run)).flat();
  if (failures[0] !== undefined) {
    throw failures.length === 1 ? failures[0] : combined(failures[0], failures);
  }
  return [...changes, ...removed];
}

const requestsAtOnce = 8;

/** So many lost races in a row are no coincidence: something else keeps writing the object. */
const maxAttempts = 5;

interface Write {
  readonly api: ObjectApi;
  readonly signal: AbortSignal;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly expected?: ObjectVersions;
}

interface Task {
  readonly key: ObjectKey;
  readonly choose: (found: ManagedObject | undefined) => MirrorStep;
  readonly wanted?: RenderedObject;
}

/** Objects to be written one after another: a binding never stands without its identity. */
type Chain = readonly Task[];

function chainsOf(request: MirrorRequest): readonly Chain[] {
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

function keyText(key: ObjectKey): string {
  return objectKey(key.kind, key);
}

async function runChain(write: Write, chain: Chain): Promise<readonly ObjectChange[]> {
  const changes: ObjectChange[] = [];
  for (const task of chain) {
    const change = await runTask(write, task);
    changes.push(...(change ? [change] : []));
  }
  return changes;
}

/** Undefined when there was nothing to delete. */
async function runTask(write: Write, task: Task): Promise<ObjectChange | undefined> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await write.api.get(task.key, write.signal);
    if (write.expected !== undefined && write.expected[keyText(task.key)] !== found?.resourceVersion) {
      throw changedMeanwhile(task.key);
    }
    const step = await take(write, task, task.choose(found), found);
    if (step !== 'stale') {
      return step.action === 'none' ? undefined : changeOf(task.key, step);
    }
  }
  throw new PodidError('MirrorFailed', `${keyText(task.key)} keeps changing while podid writes it.`, {
    target: entryText(task.key),
    hint: `kubectl get ${task.key.kind} ${task.key.name} -n ${task.key.namespace} --show-managed-fields -o yaml`,
  });
}

async function take(
  write: Write,
  { key, wanted }: Task,
  step: MirrorStep,
  found: ManagedObject | undefined,
): Promise<MirrorStep | 'stale'> {
  if (step.action === 'create' && wanted !== undefined) {
    return create(write, wanted);
  }
  if (step.action === 'update' && wanted !== undefined && found !== undefined) {
    const claimed =
      step.claim && !write.dryRun ? await write.api.claim(key, step.claim, { ...write, ...found }) : found;
    if (claimed === 'stale') {
      return 'stale';
    }
    const version = { uid: claimed.uid, resourceVersion: claimed.resourceVersion };
    return (await write.api.apply(wanted, { ...write, ...version })) === 'stale' ? 'stale' : step;
  }
  if (step.action === 'delete' && found !== undefined) {
    return (await write.api.delete(key, { ...write, ...found })) === 'stale' ? 'stale' : step;
  }
  return step;
}

async function create(write: Write, wanted: RenderedObject): Promise<MirrorStep | 'stale'> {
  const { namespace } = wanted;
  switch (await write.api.create(wanted, write)) {
    case 'done':
      return { action: 'create' };
    case 'exists':
      return 'stale';
    case 'namespaceMissing':
      return {
        action: 'pending',
        reason: namespaceMissing(namespace),
      };
    case 'namespaceEnding':
      return { action: 'pending', reason: `Namespace ${namespace} is being deleted` };
  }
}

function changedMeanwhile(key: ObjectKey): PodidError {
  return new PodidError('StaleCluster', `${keyText(key)} was changed by someone else meanwhile.`, {
    hint: 'The same command again decides on what is there now',
    target: entryText(key),
  });
}

function changeOf({ kind, namespace, name }: ObjectKey, step: MirrorStep): ObjectChange {
  const action = step.action === 'none' ? 'same' : step.action;
  return { kind, namespace, name, action, ...('reason' in step ? { reason: step.reason } : {}) };
}

/** Podid's own objects that no entry of the request speaks of, sorted by kind, namespace and name. */
async function prunable(write: Write, chains: readonly Chain[]): Promise<readonly Chain[]> {
  const spokenOf = new Set(chains.flat().map((task) => keyText(task.key)));
  const kinds: readonly ObjectKind[] = ['AzureIdentityBinding', 'AzureIdentity', 'AzurePodIdentityException'];
  const found: ObjectKey[] = [];
  for (const kind of kinds) {
    const items = await write.api.list(kind, `${managedByLabel}=${podidManager}`, write.signal);
    const objects = items.map(parseManagedObject).filter((object) => object !== undefined);
    const own = objects.filter(
      (object) => isOurs(object) && chooseDeletion(object, false).action === 'delete',
    );
    found.push(...own.map(({ namespace, name }) => ({ kind, namespace, name })).sort(byText));
  }
  const left = found.filter((key) => !spokenOf.has(keyText(key)));
  return left.map((key) => [goneTask(key, false)]);
}

function byText(one: ObjectKey, other: ObjectKey): number {
  return keyText(one) < keyText(other) ? -1 : 1;
}

/** Keeps a failure of one object for the end; what every object would meet ends the mirror. */
function collect(error: unknown, failures: PodidError[]): readonly ObjectChange[] {
  const everywhere = isPodidError(error) && error.details.some(({ code }) => code === crdMissingCode);
  if (!isPodidError(error, 'MirrorFailed') || everywhere) {
    throw error;
  }
  failures.push(error);
  return [];
}

function combined(first: PodidError, failures: readonly PodidError[]): PodidError {
  const details = failures.map(({ code, message }) => ({ code, message }));
  return new PodidError(
    'MirrorFailed',
    `${failures.length} entries could not be mirrored. ${first.message}`,
    {
      ...(first.hint === undefined ? {} : { hint: first.hint }),
      details,
      exitCode: failures.every(({ exitCode }) => exitCode === 6) ? 6 : 7,
    },
  );
}
