import type { PolicyChange, PolicyRequest } from '../../domain/kubernetes/cluster-policies.ts';
import type { PolicyObject } from '../../domain/kubernetes/net-raw/policy-object.ts';
import { policyManifest } from '../../domain/kubernetes/net-raw/render-net-raw-policy.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { applyContent, type KubeRest, mergeContent } from '../client/kube-rest.ts';
import { isResourceMissing } from '../client/map-kube-error.ts';
import { claimFields, holdsByUpdate, otherOwners } from '../objects/field-owners.ts';
import { otherManager } from '../objects/other-manager.ts';
import { podidManager } from '../objects/render-objects.ts';
import { bodyOf, objectOf, type PolicyCall } from './policy-failure.ts';

/** Others may write at the same moment; who meets that so often meets somebody in a loop. */
const maxAttempts = 5;

type Step = PolicyChange | 'stale';

/**
 * Again from the start when somebody else writes in between. @throws PodidError PolicyBlocked | Forbidden |
 * ClusterUnreachable
 */
export async function writePolicy(
  api: KubeRest,
  object: PolicyObject,
  request: PolicyRequest,
  signal: AbortSignal,
): Promise<PolicyChange> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await read(api, object, signal);
    const step =
      found === undefined
        ? await create(api, object, request, signal)
        : await update(api, { object, found }, request, signal);
    if (step !== 'stale') {
      return step;
    }
  }
  throw new PodidError(
    'PolicyBlocked',
    `${object.kind} ${object.name} keeps changing while podid writes it.`,
    {
      hint: `kubectl get ${object.plural} ${object.name} --show-managed-fields -o yaml`,
    },
  );
}

async function read(
  api: KubeRest,
  object: PolicyObject,
  signal: AbortSignal,
): Promise<ManagedObject | undefined> {
  const call: PolicyCall = {
    method: 'GET',
    path: pathOf(object),
    verb: 'get',
    resource: resourceOf(object),
  };
  const reply = await api(call, signal);
  if (reply.failure?.httpStatus === 404 && !isResourceMissing(reply.failure)) {
    return undefined;
  }
  return objectOf(reply, call);
}

async function create(
  api: KubeRest,
  object: PolicyObject,
  { dryRun }: PolicyRequest,
  signal: AbortSignal,
): Promise<Step> {
  const call: PolicyCall = {
    ...{ method: 'POST', path: collectionOf(object), verb: 'create', resource: resourceOf(object) },
    query: { fieldManager: podidManager, ...dry(dryRun) },
    body: policyManifest(object),
  };
  const reply = await api(call, signal);
  if (reply.failure?.httpStatus === 409) {
    return 'stale';
  }
  bodyOf(reply, call);
  return changeOf(object, 'create');
}

async function update(
  api: KubeRest,
  { object, found }: { readonly object: PolicyObject; readonly found: ManagedObject },
  { force, dryRun }: PolicyRequest,
  signal: AbortSignal,
): Promise<Step> {
  const writer = otherManager(found) ?? otherSpecOwners(found);
  if ((writer !== undefined && !force) || dryRun) {
    const wanted = await preview(api, { object, found }, signal);
    // Nothing to do where somebody else already says the same.
    if (wanted !== undefined && sameMeaning(found, wanted)) {
      return changeOf(object, 'same');
    }
    return writer === undefined || force
      ? changeOf(object, 'update')
      : changeOf(object, 'foreign', `Written by ${writer}`);
  }
  const claimed = await claim(api, { object, found, everything: force }, signal);
  if (claimed === 'stale') {
    return 'stale';
  }
  const call = patchOf({ object, found: claimed, force, dryRun });
  const reply = await api(call, signal);
  if (reply.failure?.status?.causes.includes('FieldManagerConflict')) {
    return changeOf(object, 'foreign', 'Others changed its labels or annotations');
  }
  // Others may have come in between the reading and the writing.
  if (reply.failure?.httpStatus === 409) {
    return 'stale';
  }
  const applied = objectOf(reply, call);
  return changeOf(object, sameMeaning(found, applied) ? 'same' : 'update');
}

/**
 * What an apply would make of the object; undefined when the server would not take it, as with lists that two
 * writers share.
 */
async function preview(
  api: KubeRest,
  target: { readonly object: PolicyObject; readonly found: ManagedObject },
  signal: AbortSignal,
): Promise<ManagedObject | undefined> {
  const call = patchOf({ ...target, force: true, dryRun: true });
  const reply = await api(call, signal);
  return [409, 422].includes(reply.failure?.httpStatus ?? 0) ? undefined : objectOf(reply, call);
}

/**
 * Who besides podid wrote something into the spec. A list of values is shared without a conflict, so the
 * server would not tell.
 */
function otherSpecOwners({ managedFields }: ManagedObject): string | undefined {
  return otherOwners(managedFields, [['spec']]).join(' and ') || undefined;
}

/** Makes podid's what podid wrote by POST, so that what it no longer wants goes with the next apply. */
async function claim(
  api: KubeRest,
  target: { readonly object: PolicyObject; readonly found: ManagedObject; readonly everything: boolean },
  signal: AbortSignal,
): Promise<ManagedObject | 'stale'> {
  const { object, found, everything } = target;
  if (!everything && !holdsByUpdate(found.managedFields)) {
    return found;
  }
  const managedFields = claimFields(found.managedFields, everything).map(({ fields, ...entry }) => ({
    ...entry,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  }));
  const call: PolicyCall = {
    ...{ method: 'PATCH', path: pathOf(object), verb: 'patch', resource: resourceOf(object) },
    query: { fieldManager: podidManager },
    contentType: mergeContent,
    body: { metadata: { resourceVersion: found.resourceVersion, managedFields } },
  };
  const reply = await api(call, signal);
  return reply.failure?.httpStatus === 409 ? 'stale' : objectOf(reply, call);
}

interface Patch {
  readonly object: PolicyObject;
  readonly found: ManagedObject;
  readonly force: boolean;
  readonly dryRun: boolean;
}

function patchOf({ object, found, force, dryRun }: Patch): PolicyCall {
  const manifest = policyManifest(object);
  const { uid, resourceVersion } = found;
  return {
    ...{ method: 'PATCH', path: pathOf(object), verb: 'patch', resource: resourceOf(object) },
    query: { fieldManager: podidManager, force: `${force}`, ...dry(dryRun) },
    contentType: applyContent,
    body: { ...manifest, metadata: { ...manifest.metadata, uid, resourceVersion } },
  };
}

/** Equal but for what the server keeps by itself: versions, managers, status. */
function sameMeaning(one: ManagedObject, other: ManagedObject): boolean {
  const parts = ({ spec, labels, annotations }: ManagedObject) => JSON.stringify([spec, labels, annotations]);
  return parts(one) === parts(other);
}

export function changeOf(
  { kind, name }: PolicyObject,
  action: PolicyChange['action'],
  reason?: string,
): PolicyChange {
  return { kind, name, action, ...(reason === undefined ? {} : { reason }) };
}

function collectionOf({ apiVersion, plural }: PolicyObject): string {
  return `/apis/${apiVersion}/${plural}`;
}

function pathOf(object: PolicyObject): string {
  return `${collectionOf(object)}/${encodeURIComponent(object.name)}`;
}

function resourceOf({ apiVersion, plural }: PolicyObject): string {
  return `${plural}.${apiVersion.split('/')[0]}`;
}

function dry(dryRun: boolean): { readonly dryRun?: 'All' } {
  return dryRun ? { dryRun: 'All' } : {};
}
