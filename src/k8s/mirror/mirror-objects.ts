import { entryText } from '../../domain/entries/pod-identity.ts';
import {
  crdMissingCode,
  type MirrorRequest,
  type ObjectChange,
  type ObjectVersions,
  type ReportMirrored,
} from '../../domain/kubernetes/cluster-objects.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import { type ManagedObject, parseManagedObject } from '../../validate/kubernetes/managed-object.ts';
import type { OwnedObjects } from '../objects/owned-object.ts';
import {
  kindRef,
  managedByLabel,
  manifestOf,
  type ObjectKey,
  objectRef,
  podidManager,
} from '../objects/render-objects.ts';
import { type ObjectStep, reasonOf, settleObject } from '../objects/settle-object.ts';
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
  api: OwnedObjects,
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
  const changes = (await eachConcurrently(chains, run, requestsAtOnce)).flat();
  const pruned = request.prune && failures.length === 0 ? await prunable(write, chains) : [];
  const removed = (await eachConcurrently(pruned, run, requestsAtOnce)).flat();
  if (failures[0] !== undefined) {
    throw combineMirrorFailures(failures[0], failures);
  }
  return [...changes, ...removed];
}

const requestsAtOnce = 8;

interface Write {
  readonly api: OwnedObjects;
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
async function runTask(write: Write, { key, choose, wanted }: Task): Promise<ObjectChange | undefined> {
  const { api, read, expected, dryRun, signal } = write;
  const step = await settleObject(
    api,
    {
      ref: objectRef(key),
      choose,
      ...(wanted ? { wanted: { ...objectRef(key), manifest: manifestOf(wanted) } } : {}),
    },
    {
      dryRun,
      signal,
      contendedCode: 'MirrorFailed',
      ...(read ? { listed: { found: read.get(keyText(key)) } } : {}),
      check: (found) => refuseChanged(key, found, expected),
    },
  );
  return step.action === 'none' ? undefined : changeOf(key, step);
}

function changeOf({ kind, namespace, name }: ObjectKey, step: ObjectStep): ObjectChange {
  const action = step.action === 'none' ? 'same' : step.action;
  return { kind, namespace, name, action, ...reasonOf(step) };
}

/** From so many objects on, three lists cost less than a GET of each. */
const listedFrom = 24;

/** Undefined where a GET of each is due: for few objects, and for whoever may not list. */
async function readAtOnce(
  api: OwnedObjects,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ManagedObject> | undefined> {
  if (tasks.length < listedFrom) {
    return undefined;
  }
  const kinds = [...new Set(tasks.map(({ key }) => key.kind))];
  try {
    const lists = await Promise.all(kinds.map((kind) => api.list(kindRef(kind), '', signal)));
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
    const items = await write.api.list(kindRef(kind), `${managedByLabel}=${podidManager}`, write.signal);
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
