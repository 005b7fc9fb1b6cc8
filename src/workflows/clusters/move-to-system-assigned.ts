import { checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { type ClusterEdit, runsAs } from '../../domain/clusters/cluster-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { changeProfile } from '../change/change-profile.ts';
import type { ChangedProfile } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { waitUntilIdle } from '../change/start-change.ts';
import { untilRoleIsOld } from '../identities/wait-for-role.ts';
import { grantForControlPlane } from './grant-for-control-plane.ts';

const controlPlane = { type: 'SystemAssigned' } as const;

/**
 * Two writes where there are entries: the first makes the principal, and may fail on the entries, which that
 * principal has no role on yet; the second, with the roles granted, settles them.
 *
 * @throws PodidError AssignmentBlocked when Azure refuses the first write and makes no principal
 */
export async function moveToSystemAssigned(
  deps: ChangeDeps,
  cluster: Cluster,
  assigned: readonly ManagedIdentity[],
): Promise<ChangedProfile> {
  const first = await makePrincipal(deps, cluster);
  const { identities } = first.cluster.profile;
  const principalId = first.cluster.identity.principalId;
  if (identities.length === 0 || deps.options.skipRoleAssignment || principalId === undefined) {
    return first;
  }
  const asNew = { ...deps, options: { ...deps.options, clusterPrincipalId: principalId } };
  const roles = await grantForControlPlane(asNew, first.cluster, assigned, principalId);
  const decide = (current: Cluster) => {
    checkClusterState(current);
    const edit: ClusterEdit = { controlPlane, putIdentities: current.profile.identities };
    return { kind: 'write', edit } as const;
  };
  return changeProfile(asNew, first.cluster, {
    decide: untilRoleIsOld(deps, decide),
    freshlyGranted: roles.fresh,
    ...(roles.refused ? { grantRefused: roles.refused } : {}),
  });
}

async function makePrincipal(deps: ChangeDeps, cluster: Cluster): Promise<ChangedProfile> {
  const decide = (current: Cluster) => {
    checkClusterState(current);
    return { kind: 'write', edit: { controlPlane } } as const;
  };
  try {
    return await changeProfile(deps, cluster, { decide });
  } catch (error) {
    if (!isPodidError(error, 'AssignmentBlocked')) {
      throw error;
    }
    const current = await waitUntilIdle(deps, cluster.id);
    if (!runsAs(current, controlPlane)) {
      throw noPrincipal(cluster, error);
    }
    return { cluster: current, wrote: true };
  }
}

function noPrincipal(cluster: Cluster, cause: PodidError): PodidError {
  return new PodidError(
    'AssignmentBlocked',
    `Azure refuses the change of cluster ${cluster.id.name} because its new principal, which does not exist before the change, has no role on the pod identities. ${cause.message}`,
    {
      hint: advice`Remove the pod identities during the change: ${nextCommand('disable', cluster.id, { export: 'pod-identities.yaml' })}, then this command, then ${nextCommand('enable', cluster.id)}, then ${nextCommand('apply', cluster.id, { f: 'pod-identities.yaml' })}`,
      target: cluster.resourceId,
      cause,
    },
  );
}
