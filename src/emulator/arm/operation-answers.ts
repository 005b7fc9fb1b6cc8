import { type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import type { Operation } from '../world.ts';
import { ok, refuseAsArm } from './arm-answers.ts';
import { type ArmCall, type ArmRoute, param } from './arm-call.ts';
import { isScaleSetKey } from './machines/machine-documents.ts';
import { spend } from './machines/machine-limits.ts';
import { endOperation } from './operations.ts';

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
  {
    name: 'operations.result',
    method: 'GET',
    pattern:
      /^\/subscriptions\/(?<subscription>[^/]+)\/providers\/Microsoft\.ContainerService\/locations\/[^/]+\/operationresults\/(?<id>[^/]+)\/?$/i,
    handle: operationResult,
  },
];

function operationUrl(baseUrl: string, operation: Operation, kind = 'operations'): string {
  const { subscriptionId, location, id, machine } = operation;
  const provider = machine === undefined ? 'Microsoft.ContainerService' : 'Microsoft.Compute';
  const path = `/subscriptions/${subscriptionId}/providers/${provider}/locations/${location}/${kind}/${id}`;
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

/** The same where the answer is 202: the result is at `Location` once the operation has ended. */
export function acceptedHeaders(call: ArmCall, operation: Operation): Record<string, string> {
  return {
    ...operationHeaders(call, operation),
    location: operationUrl(call.baseUrl, operation, 'operationresults'),
  };
}

function operationResult(call: ArmCall): EmulatorResponse {
  const operation = operationOf(call);
  if (operation.status === undefined) {
    return { status: 202, headers: acceptedHeaders(call, operation) };
  }
  if (operation.error !== undefined) {
    return { status: 409, body: operation.error };
  }
  const cluster = call.world.clusters.get(operation.clusterKey)?.document;
  const pool = poolResource(cluster, operation.pool?.name ?? '');
  return pool === undefined ? { status: 204 } : ok(pool);
}

/** An agent pool as a resource of its own. @param name in any case */
export function poolResource(cluster: JsonObject | undefined, name: string): JsonObject | undefined {
  const profile = listAt(cluster, 'properties', 'agentPoolProfiles').find(
    (one) => textAt(one, 'name')?.toLowerCase() === name.toLowerCase(),
  );
  if (profile === undefined) {
    return undefined;
  }
  const { name: own, ...properties } = objectAt(profile) ?? {};
  return {
    id: `${textAt(cluster, 'id')}/agentPools/${own}`,
    name: own,
    type: 'Microsoft.ContainerService/managedClusters/agentPools',
    properties,
  };
}

/** @throws Refusal 404 | 403 */
function operationOf(call: ArmCall): Operation {
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
  return operation;
}

function pollOperation(call: ArmCall): EmulatorResponse {
  const operation = operationOf(call);
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
