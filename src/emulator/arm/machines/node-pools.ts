import { type JsonObject, listAt, objectAt, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import type { Operation } from '../../world.ts';
import { ok, refuseAsAks } from '../arm-answers.ts';
import { type ArmCall, type ArmRoute, objectBody, page, param } from '../arm-call.ts';
import { readOnlyMembers } from '../cluster-document.ts';
import { acceptedHeaders, operationHeaders, poolResource } from '../operation-answers.ts';
import { renewTags, setState, startOperation } from '../operations.ts';
import { answerDocument, clusterId, clusterOf, refuseWhileBusy } from '../stored-cluster.ts';

const pools =
  '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)/providers/Microsoft\\.ContainerService/managedClusters/(?<name>[^/]+)/agentPools';

/** What an upgrade brings: newer than any that a scenario begins with. */
const newestImage = 'AKSUbuntu-2204gen2containerd-202611.02.0';

/** The node pools of a cluster, as resources of their own. */
export const poolRoutes: readonly ArmRoute[] = [
  route('nodePools.list', 'GET', '', list),
  route('nodePools.get', 'GET', '/(?<pool>[^/]+)', (call) => ok(asResource(call, poolOf(call)))),
  route('nodePools.put', 'PUT', '/(?<pool>[^/]+)', put),
  route('nodePools.delete', 'DELETE', '/(?<pool>[^/]+)', remove),
  route('nodePools.upgradeImage', 'POST', '/(?<pool>[^/]+)/upgradeNodeImageVersion', upgradeImage),
];

function route(name: string, method: string, tail: string, handle: ArmRoute['handle']): ArmRoute {
  return { name: `clusters.${name}`, method, pattern: new RegExp(`${pools}${tail}/?$`, 'i'), handle };
}

function list(call: ArmCall): EmulatorResponse {
  return page(
    call,
    poolsOf(call).map((pool) => asResource(call, pool)),
  );
}

function asResource(call: ArmCall, pool: JsonObject): JsonObject {
  return poolResource(answerDocument(call, clusterOf(call)), textAt(pool, 'name') ?? '') ?? {};
}

/** Re-images the pool's nodes, the whole cluster being busy meanwhile. */
function upgradeImage(call: ArmCall): EmulatorResponse {
  const pool = poolOf(call);
  refuseWhileBusy(clusterOf(call));
  pool['nodeImageVersion'] = newestImage;
  const operation = start(call, pool, false);
  pool['provisioningState'] = 'UpgradingNodeImageVersion';
  return { ...ok(asResource(call, pool), 202), headers: acceptedHeaders(call, operation) };
}

function put(call: ArmCall): EmulatorResponse {
  const cluster = clusterOf(call);
  const sent = objectAt(objectBody(call), 'properties') ?? {};
  refuseWhileBusy(cluster);
  const found = findPool(call);
  const pool = found ?? { name: param(call, 'pool') };
  for (const [name, value] of Object.entries(sent)) {
    if (value !== null && !readOnlyMembers.pool.some((one) => one === name)) {
      pool[name] = value;
    }
  }
  if (found === undefined) {
    const properties = objectAt(cluster.document, 'properties') ?? {};
    properties['agentPoolProfiles'] = [...listAt(properties, 'agentPoolProfiles'), pool];
  }
  const operation = start(call, pool, false);
  pool['provisioningState'] = found === undefined ? 'Creating' : 'Updating';
  return {
    ...ok(asResource(call, pool), found === undefined ? 201 : 200),
    headers: operationHeaders(call, operation),
  };
}

function remove(call: ArmCall): EmulatorResponse {
  const cluster = clusterOf(call);
  const pool = findPool(call);
  if (pool === undefined) {
    return { status: 204 };
  }
  refuseWhileBusy(cluster);
  const others = poolsOf(call).filter((one) => one !== pool);
  if (pool['mode'] === 'System' && !others.some((one) => one['mode'] === 'System')) {
    refuseAsAks(400, 'BadRequest', 'There has to be at least one system agent pool.');
  }
  const operation = start(call, pool, true);
  pool['provisioningState'] = 'Deleting';
  return { status: 202, headers: acceptedHeaders(call, operation) };
}

function start(call: ArmCall, pool: JsonObject, isDeleted: boolean): Operation {
  const cluster = clusterOf(call);
  cluster.operation = startOperation(
    call.world,
    {
      subscriptionId: param(call, 'subscription'),
      location: textAt(cluster.document, 'location') ?? 'unknown',
      clusterKey: clusterId(call).toLowerCase(),
      kind: 'update',
      pool: { name: textAt(pool, 'name') ?? '', isDeleted },
    },
    call.effects,
  );
  setState(cluster.document, 'Updating');
  renewTags(call.world, cluster);
  return cluster.operation;
}

function findPool(call: ArmCall): JsonObject | undefined {
  const wanted = param(call, 'pool').toLowerCase();
  return poolsOf(call).find((pool) => textAt(pool, 'name')?.toLowerCase() === wanted);
}

function poolOf(call: ArmCall): JsonObject {
  return findPool(call) ?? refuseAsAks(404, 'NotFound', `There is no agent pool '${param(call, 'pool')}'.`);
}

function poolsOf(call: ArmCall): JsonObject[] {
  return listAt(clusterOf(call).document, 'properties', 'agentPoolProfiles').flatMap((one) => {
    const pool = objectAt(one);
    return pool === undefined ? [] : [pool];
  });
}
