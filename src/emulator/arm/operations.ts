import { randomBytes } from 'node:crypto';
import { draw } from '../draw.ts';
import { type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import type { FaultEffect } from '../faults.ts';
import type { Cluster, Operation, World } from '../world.ts';
import { endMachineOperation } from './machines/end-machine-operation.ts';
import { endPool, furnishCluster, removeCluster } from './machines/furnish-cluster.ts';
import { isScaleSetKey } from './machines/machine-documents.ts';
import { equipNodes } from './machines/machines.ts';
import { enabledProfile, keyOf } from './pod-identity-rules.ts';

export function startOperation(
  world: World,
  about: Pick<Operation, 'subscriptionId' | 'location' | 'clusterKey' | 'kind' | 'machine' | 'pool'>,
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

function drawDuration(world: World, [shortest, longest]: readonly [number, number]): number {
  return Math.round(shortest + draw(world) * (longest - shortest));
}

/** Ends what has come to its end by the emulator's clock. Called before each request is looked at. */
export function settleOperations(world: World): void {
  for (const operation of world.operations.values()) {
    if (operation.status === undefined && operation.endsAt <= world.clock.now()) {
      endOperation(world, operation);
    }
  }
}

export function endOperation(world: World, operation: Operation): void {
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
    removeCluster(world, operation.clusterKey);
    return;
  }
  endEntries(cluster.document, operation);
  if (operation.status === 'Succeeded') {
    if (operation.kind === 'create') {
      furnishCluster(world, cluster.document);
    }
    endPool(world, cluster.document, operation.pool);
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
