import { isDeepStrictEqual } from 'node:util';
import type { AgentObjectChange, WriteRequest } from '../../domain/kubernetes/agent-cluster.ts';
import { type KubeObject, type ObjectRef, refOf, refText } from '../../domain/kubernetes/kube-object.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord } from '../../validate/json-record.ts';
import { type FoundObject, parseFoundObject } from '../../validate/kubernetes/found-object.ts';
import { agentFailure } from '../agent-objects/agent-failure.ts';
import {
  applyContent,
  type KubeRest,
  mergeContent,
  objectPath,
  type RestReply,
} from '../client/kube-rest.ts';
import { claimFields, holdsByUpdate } from './field-owners.ts';
import { otherManager } from './other-manager.ts';
import { podidManager } from './render-objects.ts';

/** So many lost races in a row are no coincidence: something else keeps writing the object. */
const maxAttempts = 5;

/**
 * Looks first, creates what is absent, and applies only to what podid wrote, by the version that was read: an
 * apply alone would share someone else's object silently.
 *
 * @throws PodidError Forbidden | AgentRefused | ClusterUnreachable
 */
export async function writeObject(
  rest: KubeRest,
  object: KubeObject,
  request: WriteRequest,
  signal: AbortSignal,
): Promise<AgentObjectChange> {
  const ref = refOf(object);
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await findObject(rest, ref, signal);
    const change = await writeOver(rest, { object, ref, found, request }, signal);
    if (change !== 'stale') {
      return { ...keyOf(ref), ...change };
    }
  }
  throw new PodidError('AgentRefused', `${refText(ref)} keeps changing while podid writes it.`, {
    hint: `kubectl get ${ref.kind} ${ref.name}${ref.namespace === undefined ? '' : ` -n ${ref.namespace}`} --show-managed-fields -o yaml`,
  });
}

/** Undefined when there is none of that name, or nobody serves the kind. */
export async function findObject(
  rest: KubeRest,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  const reply = await rest({ method: 'GET', path: objectPath(ref) }, signal);
  if (reply.failure?.httpStatus === 404) {
    return undefined;
  }
  if (reply.failure !== undefined) {
    throw await agentFailure(rest, reply.failure, { verb: 'get', ref }, signal);
  }
  return parseFoundObject(reply.body);
}

interface Write {
  readonly object: KubeObject;
  readonly ref: ObjectRef;
  readonly found: FoundObject | undefined;
  readonly request: WriteRequest;
}

type Step = Pick<AgentObjectChange, 'action' | 'reason'>;

async function writeOver(rest: KubeRest, write: Write, signal: AbortSignal): Promise<Step | 'stale'> {
  const { found, request } = write;
  if (found === undefined) {
    return await create(rest, write, signal);
  }
  if (found.beingDeleted) {
    return { action: 'foreign', reason: 'an object of that name is being deleted' };
  }
  const writer = otherManager(found);
  if (writer !== undefined && !request.force) {
    return { action: 'foreign', reason: `written by ${writer}` };
  }
  if (request.dryRun && holdsByUpdate(found.managedFields)) {
    return await tryReplacing(rest, write, signal);
  }
  const claimed =
    !request.dryRun && (writer !== undefined || holdsByUpdate(found.managedFields))
      ? await claim(rest, write.ref, found, writer !== undefined, signal)
      : found;
  return claimed === 'stale' ? 'stale' : await apply(rest, { ...write, found: claimed }, signal);
}

async function create(
  rest: KubeRest,
  { object, ref, request }: Write,
  signal: AbortSignal,
): Promise<Step | 'stale'> {
  const reply = await rest(
    {
      method: 'POST',
      path: objectPath({ ...ref, name: '' }),
      query: { fieldManager: podidManager, ...dry(request) },
      body: object,
    },
    signal,
  );
  if (reply.failure?.httpStatus === 409) {
    return 'stale';
  }
  const created = parseFoundObject(await expectDone(rest, reply, { verb: 'create', ref }, signal));
  // One that a controller has written meanwhile is claimed before it is next applied.
  if (created !== undefined && !request.dryRun) {
    await claim(rest, ref, created, false, signal);
  }
  return { action: 'create' };
}

/** What podid wrote by POST becomes what it applied, or a field that it stops applying would stay. */
async function claim(
  rest: KubeRest,
  ref: ObjectRef,
  found: FoundObject,
  everything: boolean,
  signal: AbortSignal,
): Promise<FoundObject | 'stale'> {
  const managedFields = claimFields(found.managedFields, everything).map(({ fields, ...entry }) => ({
    ...entry,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  }));
  // Helm would take the object for its own again.
  const helm = { 'meta.helm.sh/release-name': null, 'meta.helm.sh/release-namespace': null };
  const annotations =
    everything && 'meta.helm.sh/release-name' in found.annotations ? { annotations: helm } : {};
  const body = { metadata: { resourceVersion: found.resourceVersion, managedFields, ...annotations } };
  const reply = await rest(
    {
      method: 'PATCH',
      path: objectPath(ref),
      query: { fieldManager: podidManager },
      contentType: mergeContent,
      body,
    },
    signal,
  );
  if (isStale(reply)) {
    return 'stale';
  }
  return parseFoundObject(await expectDone(rest, reply, { verb: 'patch', ref }, signal)) ?? 'stale';
}

/** What the claim and the apply after it will come to, where nothing may be claimed yet. */
async function tryReplacing(
  rest: KubeRest,
  { object, ref, found }: Write,
  signal: AbortSignal,
): Promise<Step | 'stale'> {
  const { uid, resourceVersion } = found ?? {};
  const reply = await rest(
    {
      method: 'PUT',
      path: objectPath(ref),
      query: { fieldManager: podidManager, dryRun: 'All' },
      body: { ...object, metadata: { ...object.metadata, uid, resourceVersion } },
    },
    signal,
  );
  if (isStale(reply)) {
    return 'stale';
  }
  await expectDone(rest, reply, { verb: 'patch', ref }, signal);
  return { action: 'update' };
}

async function apply(
  rest: KubeRest,
  { object, ref, found, request }: Write,
  signal: AbortSignal,
): Promise<Step | 'stale'> {
  const { uid, resourceVersion } = found ?? {};
  const reply = await rest(
    {
      method: 'PATCH',
      path: objectPath(ref),
      query: { fieldManager: podidManager, force: 'true', ...dry(request) },
      contentType: applyContent,
      body: { ...object, metadata: { ...object.metadata, uid, resourceVersion } },
    },
    signal,
  );
  if (isStale(reply)) {
    return 'stale';
  }
  const after = await expectDone(rest, reply, { verb: 'patch', ref }, signal);
  return { action: isSame(found?.json, after) ? 'same' : 'update' };
}

async function expectDone(
  rest: KubeRest,
  reply: RestReply,
  attempt: Parameters<typeof agentFailure>[2],
  signal: AbortSignal,
): Promise<unknown> {
  if (reply.failure === undefined) {
    return reply.body;
  }
  throw await agentFailure(rest, reply.failure, attempt, signal);
}

/** The object changed since it was read, or is gone. */
function isStale({ failure }: RestReply): boolean {
  return failure?.httpStatus === 409 || failure?.httpStatus === 404;
}

function isSame(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(withoutTraces(before), withoutTraces(after));
}

/** Without what every write changes. */
function withoutTraces(json: unknown): JsonRecord {
  if (!isRecord(json)) {
    return {};
  }
  const { status: _status, metadata, ...rest } = json;
  const { managedFields, resourceVersion, generation, ...kept } = isRecord(metadata) ? metadata : {};
  return { ...rest, metadata: kept };
}

function keyOf({ kind, namespace, name }: ObjectRef): Omit<ObjectRef, 'apiVersion'> {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

function dry({ dryRun }: WriteRequest): { dryRun?: string } {
  return dryRun ? { dryRun: 'All' } : {};
}
