import type { ClusterPolicies, PolicyChange, PolicyRequest } from '../domain/cluster-policies.ts';
import type { PolicyObject } from '../domain/net-raw/policy-object.ts';
import { policyManifest } from '../domain/net-raw/render-net-raw-policy.ts';
import type { Clock } from '../domain/ports.ts';
import { PodidError } from '../errors/podid-error.ts';
import { isRecord } from '../validate/json-record.ts';
import { type ManagedObject, parseClusterObject } from '../validate/managed-object.ts';
import {
  type ClusterCall,
  type ClusterObjectApi,
  type ClusterReply,
  clusterCallError,
} from './cluster-object-api.ts';
import { claimFields, holdsByUpdate, otherOwners } from './field-owners.ts';
import { foreignWriter } from './foreign-writer.ts';
import { isResourceMissing } from './map-kube-error.ts';
import { podidManager } from './render-objects.ts';

/** Others may write at the same moment; who meets that so often meets somebody in a loop. */
const maxAttempts = 5;
/** Gatekeeper makes a kind from its template within a second or two. */
const kindWaitMs = 60_000;
const kindPollMs = 500;

export function clusterPolicies(api: ClusterObjectApi, clock: Clock): ClusterPolicies {
  const serves: ClusterPolicies['serves'] = async (apiVersion, plural, signal) => {
    const call: ClusterCall = { method: 'GET', path: `/apis/${apiVersion}`, verb: 'get', resource: plural };
    const reply = await api(call, signal);
    if (reply.failure?.httpStatus === 404) return false;
    const body = bodyOf(reply, call);
    const resources = isRecord(body) && Array.isArray(body['resources']) ? body['resources'] : [];
    return resources.some((resource) => isRecord(resource) && resource['name'] === plural);
  };
  return {
    serves,
    async apply(request, signal) {
      const changes: PolicyChange[] = [];
      for (const object of request.objects) {
        const known = changes.some(({ action }) => action === 'create')
          ? await kindComes({ serves, clock, dryRun: request.dryRun }, object, signal)
          : true;
        changes.push(known ? await applyOne(api, object, request, signal) : changeOf(object, 'create'));
      }
      return changes;
    },
  };
}

/** A kind that an object before this one makes. @returns false in a dry run, where nobody makes it */
async function kindComes(
  {
    serves,
    clock,
    dryRun,
  }: Pick<ClusterPolicies, 'serves'> & { readonly clock: Clock; readonly dryRun: boolean },
  { apiVersion, plural }: PolicyObject,
  signal: AbortSignal,
): Promise<boolean> {
  const endsAtMs = clock.now() + kindWaitMs;
  while (!(await serves(apiVersion, plural, signal))) {
    if (dryRun) return false;
    if (clock.now() >= endsAtMs) {
      throw new PodidError('PolicyBlocked', `The cluster still does not know ${plural} of ${apiVersion}.`, {
        hint: `kubectl get constrainttemplate ${plural} -o yaml, whose status says what is wrong; then the same command again`,
      });
    }
    await clock.sleep(kindPollMs, signal);
  }
  return true;
}

type Step = PolicyChange | 'stale';

async function applyOne(
  api: ClusterObjectApi,
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
    if (step !== 'stale') return step;
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
  api: ClusterObjectApi,
  object: PolicyObject,
  signal: AbortSignal,
): Promise<ManagedObject | undefined> {
  const call: ClusterCall = {
    method: 'GET',
    path: pathOf(object),
    verb: 'get',
    resource: resourceOf(object),
  };
  const reply = await api(call, signal);
  if (reply.failure?.httpStatus === 404 && !isResourceMissing(reply.failure)) return undefined;
  return objectOf(reply, call);
}

async function create(
  api: ClusterObjectApi,
  object: PolicyObject,
  { dryRun }: PolicyRequest,
  signal: AbortSignal,
): Promise<Step> {
  const path = `${collectionOf(object)}?fieldManager=${podidManager}${dry(dryRun)}`;
  const call: ClusterCall = {
    ...{ method: 'POST', path, verb: 'create', resource: resourceOf(object) },
    body: policyManifest(object),
  };
  const reply = await api(call, signal);
  if (reply.failure?.httpStatus === 409) return 'stale';
  bodyOf(reply, call);
  return changeOf(object, 'create');
}

async function update(
  api: ClusterObjectApi,
  { object, found }: { readonly object: PolicyObject; readonly found: ManagedObject },
  { force, dryRun }: PolicyRequest,
  signal: AbortSignal,
): Promise<Step> {
  const writer = foreignWriter(found) ?? otherSpecOwners(found);
  if ((writer !== undefined && !force) || dryRun) {
    const wanted = await preview(api, { object, found }, signal);
    // Nothing to do where somebody else already says the same.
    if (wanted !== undefined && sameMeaning(found, wanted)) return changeOf(object, 'same');
    return writer === undefined || force
      ? changeOf(object, 'update')
      : changeOf(object, 'foreign', `Written by ${writer}`);
  }
  const claimed = await claim(api, { object, found, everything: force }, signal);
  if (claimed === 'stale') return 'stale';
  const call = patchOf({ object, found: claimed, force, dryRun });
  const reply = await api(call, signal);
  if (reply.failure?.status?.causes.includes('FieldManagerConflict')) {
    return changeOf(object, 'foreign', 'Others changed its labels or annotations');
  }
  // Others may have come in between the reading and the writing.
  if (reply.failure?.httpStatus === 409) return 'stale';
  const applied = objectOf(reply, call);
  return changeOf(object, sameMeaning(found, applied) ? 'same' : 'update');
}

/** What an apply would make of the object; undefined when the server would not take it, as with lists that two writers share. */
async function preview(
  api: ClusterObjectApi,
  target: { readonly object: PolicyObject; readonly found: ManagedObject },
  signal: AbortSignal,
): Promise<ManagedObject | undefined> {
  const call = patchOf({ ...target, force: true, dryRun: true });
  const reply = await api(call, signal);
  return [409, 422].includes(reply.failure?.httpStatus ?? 0) ? undefined : objectOf(reply, call);
}

/** Who besides podid wrote something into the spec. A list of values is shared without a conflict, so the server would not tell. */
function otherSpecOwners({ managedFields }: ManagedObject): string | undefined {
  return otherOwners(managedFields, [['spec']]).join(' and ') || undefined;
}

/** Makes podid's what podid wrote by POST, so that what it no longer wants goes with the next apply. */
async function claim(
  api: ClusterObjectApi,
  target: { readonly object: PolicyObject; readonly found: ManagedObject; readonly everything: boolean },
  signal: AbortSignal,
): Promise<ManagedObject | 'stale'> {
  const { object, found, everything } = target;
  if (!everything && !holdsByUpdate(found.managedFields)) return found;
  const managedFields = claimFields(found.managedFields, everything).map(({ fields, ...entry }) => ({
    ...entry,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  }));
  const call: ClusterCall = {
    ...{ method: 'PATCH', path: `${pathOf(object)}?fieldManager=${podidManager}`, verb: 'patch' },
    ...{ resource: resourceOf(object), contentType: 'application/merge-patch+json' },
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

function patchOf({ object, found, force, dryRun }: Patch): ClusterCall {
  const manifest = policyManifest(object);
  const { uid, resourceVersion } = found;
  const query = `?fieldManager=${podidManager}&force=${force}${dry(dryRun)}`;
  return {
    ...{ method: 'PATCH', path: `${pathOf(object)}${query}`, verb: 'patch', resource: resourceOf(object) },
    contentType: 'application/apply-patch+yaml',
    body: { ...manifest, metadata: { ...manifest.metadata, uid, resourceVersion } },
  };
}

/** Equal but for what the server keeps by itself: versions, managers, status. */
function sameMeaning(one: ManagedObject, other: ManagedObject): boolean {
  const parts = ({ spec, labels, annotations }: ManagedObject) => JSON.stringify([spec, labels, annotations]);
  return parts(one) === parts(other);
}

function objectOf(reply: ClusterReply, call: ClusterCall): ManagedObject {
  const object = parseClusterObject(bodyOf(reply, call));
  if (object === undefined)
    throw new PodidError(
      'ClusterUnreachable',
      `The cluster's API answered "${call.verb} ${call.resource}" with no object.`,
    );
  return object;
}

function bodyOf(reply: ClusterReply, call: ClusterCall): unknown {
  if (reply.failure !== undefined) throw clusterCallError(reply.failure, call);
  return reply.body;
}

function changeOf(
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

function dry(dryRun: boolean): string {
  return dryRun ? '&dryRun=All' : '';
}
