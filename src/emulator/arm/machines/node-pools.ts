import { type JsonObject, listAt, objectAt, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import { ok, refuseAsAks } from '../arm-answers.ts';
import { type ArmCall, type ArmRoute, page, param } from '../arm-call.ts';
import { operationHeaders, renewTags, setState, startOperation } from '../operations.ts';
import { clusterId, clusterOf, refuseWhileBusy } from '../stored-cluster.ts';

const pools =
  '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)/providers/Microsoft\\.ContainerService/managedClusters/(?<name>[^/]+)/agentPools';

/** What an upgrade brings: newer than any that a scenario begins with. */
const newestImage = 'AKSUbuntu-2204gen2containerd-202611.02.0';

/** The node pools of a cluster, as far as the upgrade of their images needs them. */
export const poolRoutes: readonly ArmRoute[] = [
  route('nodePools.list', 'GET', '', (call) => page(call, poolsOf(call))),
  route('nodePools.get', 'GET', '/(?<pool>[^/]+)', (call) => ok(poolOf(call))),
  route('nodePools.upgradeImage', 'POST', '/(?<pool>[^/]+)/upgradeNodeImageVersion', upgradeImage),
];

function route(name: string, method: string, tail: string, handle: ArmRoute['handle']): ArmRoute {
  return { name: `clusters.${name}`, method, pattern: new RegExp(`${pools}${tail}/?$`, 'i'), handle };
}

/** Re-images the pool's nodes, the whole cluster being busy meanwhile. */
function upgradeImage(call: ArmCall): EmulatorResponse {
  const cluster = clusterOf(call);
  const pool = poolOf(call);
  refuseWhileBusy(cluster);
  pool['nodeImageVersion'] = newestImage;
  cluster.operation = startOperation(
    call.world,
    {
      subscriptionId: param(call, 'subscription'),
      location: textAt(cluster.document, 'location') ?? 'unknown',
      clusterKey: clusterId(call).toLowerCase(),
      kind: 'update',
    },
    call.effects,
  );
  setState(cluster.document, 'Updating');
  renewTags(call.world, cluster);
  return { status: 202, headers: operationHeaders(call, cluster.operation) };
}

function poolOf(call: ArmCall): JsonObject {
  const wanted = param(call, 'pool').toLowerCase();
  const found = poolsOf(call).find((pool) => textAt(pool, 'name')?.toLowerCase() === wanted);
  return found ?? refuseAsAks(404, 'NotFound', `There is no agent pool '${param(call, 'pool')}'.`);
}

function poolsOf(call: ArmCall): JsonObject[] {
  return listAt(clusterOf(call).document, 'properties', 'agentPoolProfiles').flatMap((one) => {
    const pool = objectAt(one);
    return pool === undefined ? [] : [pool];
  });
}
