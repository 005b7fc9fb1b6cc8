import { type ArmRoute, page } from '../arm-call.ts';
import { clusterId, clusterOf } from '../stored-cluster.ts';

/** Identities that AKS itself hands to service accounts of a cluster; here they are seeded, and listed alone. */
export const identityBindingRoutes: readonly ArmRoute[] = [
  {
    name: 'identityBindings.list',
    method: 'GET',
    pattern:
      /^\/subscriptions\/(?<subscription>[^/]+)\/resourceGroups\/(?<group>[^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/(?<name>[^/]+)\/identityBindings\/?$/i,
    handle(call) {
      clusterOf(call);
      const prefix = `${clusterId(call)}/identityBindings/`.toLowerCase();
      return page(
        call,
        [...call.world.identityBindings].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one),
      );
    },
  },
];
