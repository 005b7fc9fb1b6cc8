import { isDeepStrictEqual } from 'node:util';
import { namespaceMissing } from '../../domain/kubernetes/cluster-objects.ts';
import { type ObjectRef, refText } from '../../domain/kubernetes/kube-object.ts';
import type { ErrorCode } from '../../errors/error-catalog.ts';
import { command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import type { Claim, OwnedObject, OwnedObjects } from './owned-object.ts';

/**
 * What to do about one object. `claim`: what to write first, so that the apply is podid's alone to decide.
 */
export type ObjectStep =
  | { readonly action: 'create' | 'delete' | 'same' | 'none' }
  | { readonly action: 'foreign' | 'pending'; readonly reason: string }
  | ({ readonly action: 'update' } & UpdateStep);

/** Why the object stays as it is; empty where it does not, or needs no reason. */
export function reasonOf(step: ObjectStep): { readonly reason?: string } {
  return step.action === 'foreign' || step.action === 'pending' ? { reason: step.reason } : {};
}

interface UpdateStep {
  readonly claim?: Claim['managers'];
  readonly withoutAnnotations?: readonly string[];
  /** What to say where others own fields of it, instead of taking them over. */
  readonly unlessContested?: string;
  /** How a dry run asks the server; by an apply when absent, and not at all when it was `asked` already. */
  readonly rehearsal?: 'replace' | 'asked';
}

/** One object, and how to decide about it by what is found in the cluster. */
export interface ObjectTask {
  readonly ref: ObjectRef;
  readonly choose: (found: ManagedObject | undefined) => ObjectStep | Promise<ObjectStep>;
  /** Needed where `choose` may come to create or update. */
  readonly wanted?: OwnedObject;
}

export interface SettleOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** How the object stood when many were listed at once; absent when it is to be read. */
  readonly listed?: { readonly found: ManagedObject | undefined };
  /** Hears of each reading before anything is decided by it, and may throw. */
  readonly check?: (found: ManagedObject | undefined) => void;
  /** Of the failure when something else keeps writing the object. */
  readonly contendedCode: ErrorCode;
}

/** So many lost races in a row are not chance: something else keeps writing the object. */
const maxAttempts = 5;

/**
 * Looks first, creates what is absent, and writes only over the version that was decided upon: a write that
 * comes too late is a conflict, and the object is read and decided upon anew.
 *
 * @throws PodidError of code `contendedCode`, and what `api` and `choose` throw
 */
export async function settleObject(
  api: OwnedObjects,
  task: ObjectTask,
  options: SettleOptions,
): Promise<ObjectStep> {
  const { listed, signal, check } = options;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    // What was listed is as good as read.
    const found = attempt === 0 && listed ? listed.found : await api.get(task.ref, signal);
    check?.(found);
    const step = await take(api, task, { step: await task.choose(found), found }, options);
    if (step !== 'conflict') {
      return step;
    }
  }
  throw contended(task.ref, options.contendedCode);
}

interface Decided {
  readonly step: ObjectStep;
  readonly found: ManagedObject | undefined;
}

async function take(
  api: OwnedObjects,
  { ref, wanted }: ObjectTask,
  { step, found }: Decided,
  options: SettleOptions,
): Promise<ObjectStep | 'conflict'> {
  if (step.action === 'create' && wanted !== undefined) {
    return await create(api, wanted, options);
  }
  if (step.action === 'update' && wanted !== undefined && found !== undefined) {
    return options.dryRun
      ? await rehearse(api, wanted, { step, found }, options)
      : await update(api, wanted, { step, found }, options);
  }
  if (step.action === 'delete' && found !== undefined) {
    return (await api.delete(ref, { ...options, ...versionOf(found) })) === 'conflict' ? 'conflict' : step;
  }
  return step;
}

async function create(
  api: OwnedObjects,
  wanted: OwnedObject,
  options: SettleOptions,
): Promise<ObjectStep | 'conflict'> {
  const { namespace = '' } = wanted;
  switch (await api.create(wanted, options)) {
    case 'done':
      return { action: 'create' };
    case 'exists':
      return 'conflict';
    case 'namespaceMissing':
      return { action: 'pending', reason: namespaceMissing(namespace) };
    case 'namespaceEnding':
      return { action: 'pending', reason: `Namespace ${namespace} is being deleted` };
  }
}

interface Update {
  readonly step: Extract<ObjectStep, { action: 'update' }>;
  readonly found: ManagedObject;
}

async function update(
  api: OwnedObjects,
  wanted: OwnedObject,
  { step, found }: Update,
  options: SettleOptions,
): Promise<ObjectStep | 'conflict'> {
  const claim = step.claim && {
    managers: step.claim,
    ...(step.withoutAnnotations ? { withoutAnnotations: step.withoutAnnotations } : {}),
  };
  const claimed = claim ? await api.claim(wanted, claim, { ...options, ...versionOf(found) }) : found;
  return claimed === 'conflict'
    ? 'conflict'
    : await apply(api, wanted, { step, found, at: claimed }, options);
}

/** Nothing may be claimed yet, so that the object as it was read is what the server decides by. */
async function rehearse(
  api: OwnedObjects,
  wanted: OwnedObject,
  { step, found }: Update,
  options: SettleOptions,
): Promise<ObjectStep | 'conflict'> {
  if (step.rehearsal === 'asked') {
    return step;
  }
  if (step.rehearsal === 'replace') {
    const tried = await api.tryReplacing(wanted, { signal: options.signal, ...versionOf(found) });
    return tried === 'conflict' ? 'conflict' : step;
  }
  return await apply(api, wanted, { step, found, at: found }, options);
}

async function apply(
  api: OwnedObjects,
  wanted: OwnedObject,
  { step, found, at }: Update & { readonly at: ManagedObject },
  options: SettleOptions,
): Promise<ObjectStep | 'conflict'> {
  const yielding = step.unlessContested !== undefined;
  const applied = await api.apply(wanted, { ...options, ...versionOf(at), yielding });
  if (applied === 'contested') {
    return { action: 'foreign', reason: step.unlessContested ?? '' };
  }
  if (applied === 'conflict') {
    return 'conflict';
  }
  return sameContent(found, applied) ? { action: 'same' } : step;
}

/** Equal but for what the server keeps by itself: versions, managers, status. */
export function sameContent(one: ManagedObject, other: ManagedObject): boolean {
  const parts = ({ labels, annotations, spec, others }: ManagedObject) => [labels, annotations, spec, others];
  return isDeepStrictEqual(parts(one), parts(other));
}

function versionOf({ uid, resourceVersion }: ManagedObject) {
  return { uid, resourceVersion };
}

function contended(ref: ObjectRef, code: ErrorCode): PodidError {
  const { kind, namespace, name, plural = kind } = ref;
  const where = namespace === undefined ? [] : ['-n', namespace];
  return new PodidError(code, `${refText(ref)} keeps changing while podid writes it.`, {
    hint: command('kubectl get', plural, name, ...where, '--show-managed-fields', '-o', 'yaml'),
    ...(namespace === undefined ? {} : { target: `${namespace}/${name}` }),
  });
}
