import { checkTenants } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { ownKubeletIdentity, principalOrNull } from '../../domain/clusters/cluster-identities.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import type { IdentityTarget } from '../identities/identity-target.ts';
import { readAssignedIdentities } from './grant-for-control-plane.ts';

/** What is known before anything is changed. */
export interface PreparedUpdate {
  readonly target: IdentityTarget;
  /** Of the control plane's new user-assigned identity. */
  readonly principalId?: string;
  /** Identities that the new control plane has to be able to assign. */
  readonly assigned: readonly ManagedIdentity[];
}

/** Reads what the change needs. @throws PodidError IdentityNotFound | AssignmentBlocked | TenantMismatch */
export async function prepareClusterUpdate(
  deps: ChangeDeps,
  cluster: Cluster,
  target: IdentityTarget,
): Promise<PreparedUpdate> {
  const { controlPlane, kubeletIdentity } = target;
  if (controlPlane === undefined && kubeletIdentity === undefined) {
    return { target, assigned: [] };
  }
  const { azure } = deps;
  const { signal } = deps;
  const { clusterPrincipalId } = deps.options;
  const kubelet = ownKubeletIdentity(cluster, kubeletIdentity);
  // A control plane that stays has its roles on the entries.
  const reach = controlPlane === undefined ? { ...cluster, profile: noEntries(cluster) } : cluster;
  const assigned = await readAssignedIdentities(deps, reach, kubelet);
  if (controlPlane?.type === 'SystemAssigned') {
    return { target, assigned };
  }
  if (controlPlane === undefined) {
    const principalId = principalOrNull(cluster, clusterPrincipalId);
    return { target, assigned, ...(principalId === null ? {} : { principalId }) };
  }
  const identity = await azure.identities.get(controlPlane.resourceId, signal);
  checkTenants(cluster, identity, undefined);
  return { target, assigned, principalId: identity.principalId };
}

function noEntries({ profile }: Cluster): Cluster['profile'] {
  return { ...profile, identities: [] };
}
