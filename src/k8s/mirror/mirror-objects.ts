import { entryText } from '../../domain/entries/pod-identity.ts';
import {
  crdMissingCode,
  type MirrorRequest,
  namespaceMissing,
  type ObjectChange,
  type ObjectVersions,
  type ReportMirrored,
} from '../../domain/kubernetes/cluster-objects.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { type ManagedObject, parseManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { mapInParallel } from '../client/map-in-parallel.ts';
import type { ObjectApi } from '../objects/object-port.ts';
import {
  managedByLabel,
  type ObjectKey,
  podidManager,
  type RenderedObject,
} from '../objects/render-objects.ts';
import type { MirrorStep } from './choose-step.ts';
import { combineMirrorFailures } from './mirror-failures.ts';
import {
  type Chain,
  chainsOf,
  type FoundObject,
  keyText,
  pruneOrder,
  pruneTasks,
  refuseChanged,
  type Task,
} from './mirror-tasks.ts';

/**
 * Brings the cluster's objects in line with the entries: those of `request` in its order, then what is gone,
 * then what is pruned. The exception `aks-addon-exception` is AKS's to write, and passed over even by force.
 * An object that fails does not keep the others from being written; an API server that cannot be reached
 * does.
 *
 * @throws PodidError MirrorFailed (exit 6 when all that failed was forbidden) | ClusterUnreachable |
 * StaleCluster
 */
export async function mirrorObjects(
  api: ObjectApi,
  request: MirrorRequest,
  signal: AbortSignal,
  report?: ReportMirrored,
): Promise<readonly ObjectChange[]> {
  const chains = chainsOf(request);
  const read = await readAtOnce(api, chains.flat(), signal);
  const { force, dryRun, expected } = request;
  const write: Write = { api, signal, read, force, dryRun, ...(expected ? { expected } : {}) };
  const failures: PodidError[] = [];
  let done = 0;
  const run = async (chain: Chain) => {
    const changes = await runChain(write, chain).catch((error: unknown) => collect(error, failures));
    done += 1;
    report?.(done, chains.length);
    return changes;
  };
  const changes = (await mapInParallel(chains, requestsAtOnce, run)).flat();
  const pruned = request.prune && failures.length === 0 ? await prunable(write, chains) : [];
  const removed = (await mapInParallel(pruned, requestsAtOnce, run)).flat();
  if (failures[0] !== undefined) {
    throw combineMirrorFailures(failures[0], failures);
  }
  return [...changes, ...removed];
}

const requestsAtOnce = 8;

/** So many lost races in a row are no coincidence: something else keeps writing the object. */
const maxAttempts = 5;

interface Write {
  readonly api: ObjectApi;
  readonly signal: AbortSignal;
  /** How each object of a task stood when all were listed at once; undefined when nobody listed them. */
  readonly read: ReadonlyMap<string, ManagedObject> | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly expected?: ObjectVersions;
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
    // What was listed is as good as read: a write that comes too late for it is stale, and the object read
    // anew.
    const listed = attempt === 0 ? write.read : undefined;
    const found = listed ? listed.get(keyText(task.key)) : await write.api.get(task.key, write.signal);
    refuseChanged(task.key, found, write.expected);
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

function changeOf({ kind, namespace, name }: ObjectKey, step: MirrorStep): ObjectChange {
  const action = step.action === 'none' ? 'same' : step.action;
  return { kind, namespace, name, action, ...('reason' in step ? { reason: step.reason } : {}) };
}

/** From so many objects on, three lists cost less than a GET of each. */
const listedFrom = 24;

/** Undefined where a GET of each is due: for few objects, and for whoever may not list. */
async function readAtOnce(
  api: ObjectApi,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ManagedObject> | undefined> {
  if (tasks.length < listedFrom) {
    return undefined;
  }
  const kinds = [...new Set(tasks.map(({ key }) => key.kind))];
  try {
    const lists = await Promise.all(kinds.map((kind) => api.list(kind, '', signal)));
    const objects = lists.flatMap((items, index) =>
      items.map(parseManagedObject).flatMap((object) => (object ? [{ ...object, kind: kinds[index] }] : [])),
    );
    return new Map(objects.map(({ kind, ...object }) => [`${kind} ${entryText(object)}`, object]));
  } catch (error) {
    if (isPodidError(error, 'MirrorFailed') && error.exitCode === 6) {
      return undefined;
    }
    throw error;
  }
}

/** Podid's own objects that no entry of the request speaks of, sorted by kind, namespace and name. */
async function prunable(write: Write, chains: readonly Chain[]): Promise<readonly Chain[]> {
  const found: FoundObject[] = [];
  for (const kind of pruneOrder) {
    const items = await write.api.list(kind, `${managedByLabel}=${podidManager}`, write.signal);
    const objects = items.map(parseManagedObject).filter((object) => object !== undefined);
    found.push(...objects.map((object) => ({ kind, object })));
  }
  return pruneTasks(chains.flat(), found).map((task) => [task]);
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
