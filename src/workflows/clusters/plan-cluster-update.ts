import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Change, Plan } from '../change/outcome.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { grantForControlPlane } from './grant-for-control-plane.ts';
import type { PreparedUpdate } from './prepare-cluster-update.ts';

/**
 * What an update of the cluster would come to. Roles of a principal that does not exist yet cannot be named.
 */
export async function planClusterUpdate(
  deps: ChangeDeps,
  cluster: Cluster,
  update: PreparedUpdate & { readonly upgradeNodeImages: boolean },
): Promise<Plan> {
  const { controlPlane, kubeletIdentity } = update.target;
  const writes = controlPlane !== undefined || kubeletIdentity !== undefined;
  const twice = controlPlane?.type === 'SystemAssigned' && cluster.profile.identities.length > 0;
  const roles =
    update.principalId === undefined || deps.options.skipRoleAssignment
      ? []
      : (await grantForControlPlane(deps, cluster, update.assigned, update.principalId)).missing;
  if (twice) {
    deps.report.note('The roles of the new principal are granted once Azure has made it.');
  }
  const pools = update.upgradeNodeImages ? cluster.pools : [];
  return {
    changes: [
      ...roles,
      ...(writes ? [clusterChange(cluster, update)] : []),
      ...pools.map(({ name }) => nodePoolChange(name)),
    ],
    puts: writes ? (twice ? 2 : 1) : 0,
  };
}

function clusterChange(cluster: Cluster, { target }: PreparedUpdate): Change {
  const [userAssigned] = cluster.identity.userAssigned;
  const before = {
    identity: { type: cluster.identity.type, resourceId: userAssigned?.resourceId ?? null },
    kubeletIdentity: cluster.kubeletIdentityResourceId ?? null,
  };
  const { controlPlane, kubeletIdentity } = target;
  const identity =
    controlPlane === undefined
      ? before.identity
      : {
          type: controlPlane.type,
          resourceId: controlPlane.type === 'UserAssigned' ? controlPlane.resourceId : null,
        };
  const after = { identity, kubeletIdentity: kubeletIdentity ?? before.kubeletIdentity };
  return { action: 'update', kind: 'cluster', namespace: null, name: null, before, after };
}

function nodePoolChange(name: string): Change {
  const after = { nodeImage: 'newest' };
  return { action: 'update', kind: 'nodePool', namespace: null, name, before: null, after };
}
