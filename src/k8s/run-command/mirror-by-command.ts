import type { RunCommand } from '../../domain/azure/run-command.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import {
  type MirrorRequest,
  namespaceMissing,
  type ObjectChange,
  type ReportMirrored,
} from '../../domain/kubernetes/cluster-objects.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord } from '../../validate/json-record.ts';
import { type ManagedObject, parseManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { combineMirrorFailures } from '../mirror/mirror-failures.ts';
import {
  chainsOf,
  type FoundObject,
  keyText,
  pruneTasks,
  refuseChanged,
  type Task,
} from '../mirror/mirror-tasks.ts';
import { managedByLabel, type ObjectKey, type ObjectKind, podidManager } from '../objects/render-objects.ts';
import { type ObjectStep, reasonOf } from '../objects/settle-object.ts';
import { complaintsIn, forbiddenIn, namespaceFault } from './explain-kubectl.ts';
import { inOneRun, readCommand, writeCommand } from './kubectl-text.ts';
import { type PlannedWrite, planWrite } from './plan-writes.ts';
import { allKinds, readByCommand } from './read-by-command.ts';
import { parseObjects, readOutput } from './read-output.ts';

/** Between reading and writing something may change; so often the objects are read and decided upon anew. */
const rounds = 3;

/** Deletions are a process of kubectl each; so many fit into the minute that a run should take. */
const writesInRun = { delete: 100, other: 600 };

/**
 * As `mirrorObjects`, by commands that run in the cluster: one that reads all objects, then one that writes
 * what is left to do, until nothing is. What a write came to is seen from what stands there afterwards.
 *
 * @throws PodidError MirrorFailed (exit 6 when forbidden) | StaleCluster, and what `run` throws
 */
export async function mirrorByCommand(
  run: RunCommand,
  request: MirrorRequest,
  signal: AbortSignal,
  report?: ReportMirrored,
): Promise<readonly ObjectChange[]> {
  const asked = chainsOf(request).flat();
  const start = indexed(await readByCommand(run, signal));
  for (const { key } of asked) {
    refuseChanged(key, start.get(keyText(key))?.object, request.expected);
  }
  const first = decide(asked, request, start);
  const decided = new Map(first.map(({ task, step }) => [keyText(task.key), step]));
  let said: readonly string[] = [];
  let left = first.filter(isOpen);
  const total = left.length;
  for (let round = 0; round < rounds; round += 1) {
    const open = left.filter((each) => !isHopeless(each, said));
    if (open.length === 0) {
      break;
    }
    const written = await write(run, open, request.dryRun, signal);
    said = [...said.filter((line) => /namespace/.test(line)), ...written.said];
    if (request.dryRun) {
      break;
    }
    const now = indexed(written.objects ?? (await readByCommand(run, signal)));
    const again = decide(
      left.map(({ task }) => task),
      { prune: false },
      now,
    );
    for (const { task, step } of again) {
      if (reasonOf(step).reason !== undefined) {
        decided.set(keyText(task.key), step);
      }
    }
    left = again.filter(isOpen);
    for (const { task } of left) {
      refuseChanged(task.key, now.get(keyText(task.key))?.object, request.expected);
    }
    report?.(total - left.length, total);
  }
  const failed = left.filter((each) => !request.dryRun || isRefused(each, said));
  return conclude(first, decided, failed, said);
}

interface Decided {
  readonly task: Task;
  readonly step: ObjectStep;
  readonly found?: JsonRecord;
}

interface Found extends FoundObject {
  readonly json: JsonRecord;
}

function indexed(objects: readonly unknown[]): ReadonlyMap<string, Found> {
  const found = objects.flatMap((json) => {
    const object = parseManagedObject(json);
    const kind = isRecord(json) ? allKinds.find((each) => each === json['kind']) : undefined;
    return object && kind && isRecord(json) ? [{ kind, object, json }] : [];
  });
  return new Map(found.map((each) => [keyText({ kind: each.kind, ...keyOf(each.object) }), each]));
}

function keyOf({ namespace, name }: ManagedObject): { namespace: string; name: string } {
  return { namespace, name };
}

function decide(
  tasks: readonly Task[],
  { prune }: Pick<MirrorRequest, 'prune'>,
  found: ReadonlyMap<string, Found>,
): readonly Decided[] {
  const all = prune ? [...tasks, ...pruneTasks(tasks, [...found.values()].filter(isLabelled))] : tasks;
  return all.map((task) => {
    const there = found.get(keyText(task.key));
    return { task, step: task.choose(there?.object), ...(there ? { found: there.json } : {}) };
  });
}

function isLabelled({ object }: FoundObject): boolean {
  return object.labels[managedByLabel] === podidManager;
}

function isOpen({ step }: Decided): boolean {
  return step.action === 'create' || step.action === 'update' || step.action === 'delete';
}

/** A write that fails for its namespace fails again. */
function isHopeless({ task, step }: Decided, said: readonly string[]): boolean {
  return step.action === 'create' && namespaceFault(said, task.key.namespace) !== undefined;
}

/** In a dry run nothing stands there afterwards, so kubectl's complaint is all there is. */
function isRefused({ task, step }: Decided, said: readonly string[]): boolean {
  if (isHopeless({ task, step }, said)) {
    return true;
  }
  return complaintsIn(said).some((line) => line.includes(`"${task.key.name}"`));
}

interface Written {
  readonly said: readonly string[];
  /** What stands there now; undefined when it did not fit into the output, or was not asked for. */
  readonly objects: readonly unknown[] | undefined;
}

async function write(
  run: RunCommand,
  open: readonly Decided[],
  dryRun: boolean,
  signal: AbortSignal,
): Promise<Written> {
  const writes = open.flatMap(({ task, step, found }) => {
    const planned = planWrite({
      key: task.key,
      step,
      ...(task.wanted ? { wanted: task.wanted } : {}),
      ...(found ? { found } : {}),
    });
    return planned === undefined ? [] : [planned];
  });
  const all = batches(writes);
  const said: string[] = [];
  let objects: readonly unknown[] | undefined;
  for (const [index, some] of all.entries()) {
    const command = writeCommand(some, dryRun);
    const isLast = index === all.length - 1 && !dryRun;
    const end = await run(isLast ? inOneRun(command, readCommand({ kinds: allKinds })) : command, signal);
    const output = readOutput(end);
    said.push(...output.said);
    objects = output.objects && parseObjects(output.objects);
  }
  return { said, objects };
}

function batches(writes: readonly PlannedWrite[]): readonly (readonly PlannedWrite[])[] {
  const deletions = writes.filter(({ action }) => action === 'delete');
  const others = writes.filter(({ action }) => action !== 'delete');
  const [first = [], ...more] = inBatches(deletions, writesInRun.delete);
  const before = inBatches(others, writesInRun.other);
  const joined = [...(before.at(-1) ?? []), ...first];
  return [...before.slice(0, -1), ...(joined.length > 0 ? [joined] : []), ...more];
}

function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function conclude(
  first: readonly Decided[],
  decided: ReadonlyMap<string, ObjectStep>,
  failed: readonly Decided[],
  said: readonly string[],
): readonly ObjectChange[] {
  const failures: PodidError[] = [];
  const unwritten = new Map<string, string>();
  for (const { task } of failed) {
    const { namespace } = task.key;
    const fault = namespaceFault(said, namespace);
    if (fault === undefined) {
      failures.push(failureOf(task.key, said));
    } else {
      unwritten.set(keyText(task.key), pendingReason(namespace, fault));
    }
  }
  if (failures[0] !== undefined) {
    throw combineMirrorFailures(failures[0], failures);
  }
  return first.flatMap(({ task }) => {
    const step = decided.get(keyText(task.key));
    if (step === undefined || step.action === 'none') {
      return [];
    }
    const { kind, namespace, name } = task.key;
    const pending = unwritten.get(keyText(task.key));
    if (pending !== undefined) {
      return [{ kind, namespace, name, action: 'pending' as const, reason: pending }];
    }
    return [{ kind, namespace, name, action: step.action, ...reasonOf(step) }];
  });
}

function pendingReason(namespace: string, fault: 'missing' | 'ending'): string {
  return fault === 'missing' ? namespaceMissing(namespace) : `Namespace ${namespace} is being deleted`;
}

function failureOf(key: { kind: ObjectKind } & ObjectKey, said: readonly string[]): PodidError {
  const complaints = complaintsIn(said);
  const own = complaints.filter((line) => line.includes(key.name));
  const forbidden = forbiddenIn(own.length > 0 ? own : said, key.namespace);
  if (forbidden !== undefined) {
    const { message, hint, details, exitCode } = forbidden;
    const more = { details, exitCode, target: entryText(key) };
    return new PodidError('MirrorFailed', message, hint === undefined ? more : { ...more, hint });
  }
  const words = own.length > 0 ? own : complaints;
  return new PodidError(
    'MirrorFailed',
    `${keyText(key)} was not written as wanted; kubectl printed: ${words[0] ?? 'nothing about it'}`,
    {
      target: entryText(key),
      details: words.slice(0, 5).map((message) => ({ message })),
      hint: advice`Run the same command again; what is done already stays.`,
    },
  );
}
