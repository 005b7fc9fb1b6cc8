import { randomBytes } from 'node:crypto';
import { type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import type { FaultEffect } from '../faults.ts';
import type { EmulatorResponse } from '../http.ts';
import type { Cluster, Operation, World } from '../world.ts';
import { ok, refuseAsArm } from './arm-answers.ts';
import { type ArmCall, type ArmRoute, param } from './arm-call.ts';
import { endMachineOperation } from './machines/end-machine-operation.ts';
import { isScaleSetKey } from './machines/machine-documents.ts';
import { spend } from './machines/machine-limits.ts';
import { equipNodes } from './machines/machines.ts';
import { enabledProfile, keyOf } from './pod-identity-rules.ts';

const operationApiVersion = '2025-03-01';

/** What Azure says on the way; a client takes whatever is not terminal for running. */
const progress = [
  'ReconcilingAddons',
  'CreatingAgentPools: 1/3 nodes completed',
  'ReconcilingDNS',
  'InProgress',
];

export const operationRoutes: readonly ArmRoute[] = [
  {
    name: 'operations.get',
    method: 'GET',
    pattern:
      /^\/subscriptions\/(?<subscription>[^/]+)\/providers\/Microsoft\.(?:ContainerService|Compute)\/locations\/[^/]+\/operations\/(?<id>[^/]+)\/?$/i,
    handle: pollOperation,
  },
];

export function startOperation(
  world: World,
  about: Pick<Operation, 'subscriptionId' | 'location' | 'clusterKey' | 'kind' | 'machine'>,
  effects: FaultEffect,
): Operation {
  const now = world.clock.now();
  const failed = effects.failEntry;
  const operation: Operation = {
    ...about,
    id: world.newId(),
    signature: signature(world),
    startedAt: now,
    endsAt: now + drawDuration(world, durationOf(world, about.machine)),
    polls: 0,
    failedEntries: failed ? { [keyOf({ ...failed, error: null })]: failed.error ?? defaultEntryError } : {},
    ...(effects.operation === undefined ? {} : { forced: effects.operation }),
  };
  world.operations.set(operation.id, operation);
  return operation;
}

const defaultEntryError: JsonObject = {
  code: 'ReconcilePodIdentityAddonError',
  message: 'The identity could not be assigned to the nodes.',
};

/** Characters such as `+` and `=` travel percent-encoded, and must come back so. */
function signature(world: World): string {
  const part = (bytes: number) => encodeURIComponent(`${randomBytes(bytes).toString('base64')}+=`);
  return `t=${Math.round(world.clock.now())}&c=${part(1400)}&s=${part(256)}&h=${part(32)}`;
}

function durationOf({ settings }: World, machine: Operation['machine']): readonly [number, number] {
  if (machine === undefined) {
    return settings.operationMs;
  }
  const { scaleSetOperationMs, virtualMachineOperationMs, operationMs } = settings;
  return (isScaleSetKey(machine.key) ? scaleSetOperationMs : virtualMachineOperationMs) ?? operationMs;
}

/** The same seed gives the same durations in the same order (mulberry32). */
function drawDuration(world: World, [shortest, longest]: readonly [number, number]): number {
  world.draws += 1;
  let state = (world.settings.seed * 0x9e3779b9 + world.draws * 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  const share = ((state ^ (state >>> 14)) >>> 0) / 4294967296;
  return Math.round(shortest + share * (longest - shortest));
}

function operationUrl(baseUrl: string, operation: Operation): string {
  const { subscriptionId, location, id, machine } = operation;
  const provider = machine === undefined ? 'Microsoft.ContainerService' : 'Microsoft.Compute';
  const path = `/subscriptions/${subscriptionId}/providers/${provider}/locations/${location}/operations/${id}`;
  return `${baseUrl}${path}?${expectedQuery(operation)}`;
}

function expectedQuery(operation: Operation): string {
  return `api-version=${operationApiVersion}&${operation.signature}`;
}

export function operationHeaders(call: ArmCall, operation: Operation): Record<string, string> {
  const { retryAfterSec } = call.world.settings;
  call.giveOut(operation.signature);
  return {
    'azure-asyncoperation': operationUrl(call.baseUrl, operation),
    ...(retryAfterSec === null ? {} : { 'retry-after': String(retryAfterSec) }),
  };
}

function pollOperation(call: ArmCall): EmulatorResponse {
  const operation = call.world.operations.get(param(call, 'id'));
  if (operation === undefined) {
    return refuseAsArm(404, 'NotFound', 'There is no such operation.');
  }
  if (call.request.rawQuery !== expectedQuery(operation)) {
    refuseAsArm(
      403,
      'AuthorizationFailed',
      'The signature of the operation URL is not the one that was given.',
    );
  }
  const polled = operation.machine?.key;
  if (polled !== undefined && !isScaleSetKey(polled)) {
    spend(call.world, [{ limit: 'pollVirtualMachine', of: polled }]);
  }
  operation.polls += 1;
  const { operationPolls, retryAfterSec } = call.world.settings;
  if (operationPolls > 0 && operation.polls > operationPolls) {
    endOperation(call.world, operation);
  }
  const answer = ok({
    name: operation.id,
    status: operation.status ?? progress[(operation.polls - 1) % progress.length],
    startTime: new Date(operation.startedAt).toISOString(),
    endTime: operation.endedAt === undefined ? undefined : new Date(operation.endedAt).toISOString(),
    error: operation.error,
  });
  if (retryAfterSec === null || operation.status !== undefined) {
    return answer;
  }
  return { ...answer, headers: { 'retry-after': String(retryAfterSec) } };
}

/** Ends what has come to its end by the emulator's clock. Called before each request is looked at. */
export function settleOperations(world: World): void {
  for (const operation of world.operations.values()) {
    if (operation.status === undefined && operation.endsAt <= world.clock.now()) {
      endOperation(world, operation);
    }
  }
}

function endOperation(world: World, operation: Operation): void {
  if (operation.status !== undefined) {
    return;
  }
  operation.status = operation.forced?.status ?? 'Succeeded';
  if (operation.forced !== undefined) {
    operation.error = operation.forced.error;
  }
  operation.endedAt = world.clock.now();
  if (operation.machine !== undefined) {
    endMachineOperation(world, operation.machine, operation.status);
  }
  const cluster = world.clusters.get(operation.clusterKey);
  if (cluster?.operation?.id !== operation.id) {
    return;
  }
  delete cluster.operation;
  if (operation.kind === 'delete' && operation.status === 'Succeeded') {
    world.clusters.delete(operation.clusterKey);
    return;
  }
  endEntries(cluster.document, operation);
  if (operation.status === 'Succeeded') {
    equipNodes(world, cluster.document);
  }
  setState(cluster.document, operation.status);
  renewTags(world, cluster);
}

function endEntries(document: JsonObject, operation: Operation): void {
  const profile = enabledProfile(document);
  if (profile === undefined) {
    return;
  }
  const left = listAt(profile, 'userAssignedIdentities').flatMap((one) =>
    endEntry({ ...objectAt(one) }, operation),
  );
  if (left.length > 0) {
    profile['userAssignedIdentities'] = left;
  } else {
    delete profile['userAssignedIdentities'];
  }
}

function endEntry(entry: JsonObject, operation: Operation): JsonObject[] {
  const state = textAt(entry, 'provisioningState');
  const failure = operation.failedEntries[keyOf(entry)];
  if (failure !== undefined) {
    return [withFailure(entry, 'Failed', failure)];
  }
  if (state !== 'Updating' && state !== 'Deleting') {
    return [entry];
  }
  if (operation.status !== 'Succeeded') {
    return [withFailure(entry, operation.status ?? 'Failed', operation.error ?? defaultEntryError)];
  }
  return state === 'Deleting' ? [] : [{ ...entry, provisioningState: 'Assigned' }];
}

function withFailure(entry: JsonObject, state: string, error: JsonObject): JsonObject {
  return { ...entry, provisioningState: state, provisioningInfo: { error: { error } } };
}

/** State of the cluster and of its pools. */
export function setState(document: JsonObject, state: string): void {
  const properties = objectAt(document, 'properties') ?? {};
  document['properties'] = properties;
  properties['provisioningState'] = state;
  for (const pool of listAt(properties, 'agentPoolProfiles')) {
    const target = objectAt(pool);
    if (target !== undefined) {
      target['provisioningState'] = state;
    }
  }
}

/** Every operation changes the tag of the cluster and of each pool, at its start and at its end. */
export function renewTags(world: World, cluster: Cluster): void {
  cluster.document['eTag'] = world.newId();
  for (const pool of listAt(cluster.document, 'properties', 'agentPoolProfiles')) {
    const target = objectAt(pool);
    if (target !== undefined) {
      target['eTag'] = world.newId();
    }
  }
}
