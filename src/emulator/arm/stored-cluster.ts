import { copyJson, type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import type { Cluster, World } from '../world.ts';
import { hasETag } from './api-versions.ts';
import { refuseAsAks, refuseAsArm } from './arm-answers.ts';
import { type ArmCall, param, requireGroup } from './arm-call.ts';
import { enabledProfile } from './pod-identity-rules.ts';

/** @throws Refusal 404, wrapped, as ARM itself answers for a resource that it never heard of */
export function clusterOf(call: ArmCall): Cluster {
  requireGroup(call);
  const found = call.world.clusters.get(clusterId(call).toLowerCase());
  if (found !== undefined) {
    return found;
  }
  return refuseAsArm(
    404,
    'ResourceNotFound',
    `The resource 'Microsoft.ContainerService/managedClusters/${param(call, 'name')}' under resource group '${param(call, 'group')}' was not found.`,
  );
}

/** The provider writes `resourcegroups` in lower case. */
export function clusterId(call: ArmCall): string {
  return `/subscriptions/${param(call, 'subscription')}/resourcegroups/${param(call, 'group')}/providers/Microsoft.ContainerService/managedClusters/${param(call, 'name')}`;
}

/** The document as this request may see it: without tags where the world or the api-version has none. */
export function answerDocument(call: ArmCall, cluster: Cluster): JsonObject {
  const document = copyJson(cluster.document);
  const tagged = call.world.settings.eTags && hasETag(call.request.query.get('api-version') ?? '');
  if (tagged && call.effects.withoutETag !== true) {
    return document;
  }
  delete document['eTag'];
  for (const pool of listAt(document, 'properties', 'agentPoolProfiles')) {
    delete objectAt(pool)?.['eTag'];
  }
  return document;
}

/** @throws Refusal 409 while an operation runs */
export function refuseWhileBusy(cluster: Cluster): void {
  const state = textAt(cluster.document, 'properties', 'provisioningState');
  const atRest = ['Succeeded', 'Failed', 'Canceled', undefined].includes(state);
  if (cluster.operation === undefined && atRest) {
    return;
  }
  refuseAsAks(
    409,
    'OperationNotAllowed',
    `Another operation (${state}) is in progress on the cluster; try again when it has ended.`,
  );
}

/**
 * Whether a cluster has the add-on, as it stood when its last operation ended well. All clusters have one API server
 * here. Undefined while that is open.
 */
export function isAddonOn(world: World): boolean | undefined {
  const clusters = [...world.clusters.values()];
  const settled = clusters.filter(
    ({ operation, document }) =>
      operation === undefined && textAt(document, 'properties', 'provisioningState') === 'Succeeded',
  );
  return (
    settled.some(({ document }) => enabledProfile(document) !== undefined) ||
    (settled.length < clusters.length ? undefined : false)
  );
}
