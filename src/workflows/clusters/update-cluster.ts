import { checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { controlPlaneText, runsAs } from '../../domain/clusters/cluster-edit.ts';
import {
  type ClusterIdentities,
  clusterIdentities,
  principalOrNull,
} from '../../domain/clusters/cluster-identities.ts';
import { isServicePrincipal } from '../../domain/clusters/cluster-kind.ts';
import type { Deps } from '../../domain/deps.ts';
import { advice, joinHints } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { changeProfile } from '../change/change-profile.ts';
import type { Done, Outcome } from '../change/outcome.ts';
import {
  type ChangeDeps,
  type ChangeOptions,
  readUsableCluster,
  startChange,
} from '../change/start-change.ts';
import { type IdentityTarget, type IdentityWishes, identityTarget } from '../identities/identity-target.ts';
import { readEntryRoles } from '../identities/read-entry-roles.ts';
import { untilRoleIsOld } from '../identities/wait-for-role.ts';
import { confirmClusterUpdate } from './confirm-cluster-update.ts';
import { type GrantedRoles, grantForControlPlane } from './grant-for-control-plane.ts';
import { moveToSystemAssigned } from './move-to-system-assigned.ts';
import { planClusterUpdate } from './plan-cluster-update.ts';
import { type PreparedUpdate, prepareClusterUpdate } from './prepare-cluster-update.ts';
import { reportOldRoles } from './report-old-roles.ts';
import { upgradeCommands, upgradeNodeImages } from './upgrade-node-images.ts';

export interface UpdateClusterRequest extends IdentityWishes {
  readonly cluster: ClusterId;
  readonly upgradeNodeImages: boolean;
}

/**
 * Changes the identities that the cluster itself runs as, and sees to it that the new ones have what pod
 * identity needs. A wish that is fulfilled already changes nothing.
 *
 * @throws PodidError IdentityChangeForbidden | ServicePrincipalCluster | AssignmentBlocked | TenantMismatch,
 * and those of `changeProfile`
 */
export async function updateCluster(
  deps: Omit<Deps, 'deadline'>,
  request: UpdateClusterRequest,
  options: ChangeOptions,
): Promise<Outcome<ClusterIdentities>> {
  const started = startChange(deps, { ...options, mirror: 'off' });
  const cluster = await readUsableCluster(deps, request.cluster);
  const update = await prepareClusterUpdate(started, cluster, identityTarget(cluster, request));
  refuseTooShortWait(started, cluster, update);
  if (options.dryRun) {
    return { plan: await planClusterUpdate(started, cluster, { ...request, ...update }) };
  }
  if (!(await confirmClusterUpdate(deps, cluster, { ...update.target, ...request }))) {
    return { done: await doneWith(started, cluster) };
  }
  const changed = await changeIdentities(started, cluster, update);
  return { done: await finish(started, cluster, request, changed) };
}

/** The second write needs the end of the first. */
function refuseTooShortWait(deps: ChangeDeps, cluster: Cluster, { target }: PreparedUpdate): void {
  if (!deps.options.noWait || target.controlPlane?.type !== 'SystemAssigned') {
    return;
  }
  if (cluster.profile.identities.length === 0) {
    return;
  }
  throw new PodidError(
    'InvalidUsage',
    `--no-wait does not go with a change to the system-assigned identity while cluster ${cluster.id.name} has pod identities: the new principal exists after the first of two writes only.`,
    { hint: advice`The same command without --no-wait` },
  );
}

interface ChangedIdentities {
  readonly cluster: Cluster;
  readonly failure?: PodidError;
}

async function changeIdentities(
  deps: ChangeDeps,
  cluster: Cluster,
  update: PreparedUpdate,
): Promise<ChangedIdentities> {
  const { target, assigned, principalId } = update;
  if (target.controlPlane === undefined && target.kubeletIdentity === undefined) {
    return { cluster };
  }
  if (target.controlPlane?.type === 'SystemAssigned') {
    return moveToSystemAssigned(deps, cluster, assigned);
  }
  if (principalId === undefined) {
    return changeProfile(deps, cluster, { decide: writeOf(target) });
  }
  const asNew = { ...deps, options: { ...deps.options, clusterPrincipalId: principalId } };
  const roles: GrantedRoles = deps.options.skipRoleAssignment
    ? { fresh: [], missing: [] }
    : await grantForControlPlane(asNew, cluster, assigned, principalId);
  return changeProfile(asNew, cluster, {
    decide: untilRoleIsOld(deps, writeOf(target)),
    freshlyGranted: roles.fresh,
    ...(roles.refused ? { grantRefused: roles.refused } : {}),
  });
}

/** Writes until the cluster runs as wanted; checked anew on every fresh read. */
function writeOf(target: IdentityTarget) {
  return (cluster: Cluster) => {
    checkClusterState(cluster);
    return { kind: 'write', edit: target } as const;
  };
}

async function finish(
  deps: ChangeDeps,
  before: Cluster,
  request: UpdateClusterRequest,
  changed: ChangedIdentities,
): Promise<Done<ClusterIdentities>> {
  const { report } = deps;
  const { cluster } = changed;
  if (changed.failure) {
    return { ...(await doneWith(deps, cluster)), failure: changed.failure };
  }
  if (cluster !== before) {
    report.note(`The control plane of cluster ${cluster.id.name} runs as ${controlPlaneOf(cluster)}.`);
    await reportOldRoles(deps, before, principalOrNull(cluster));
  }
  const failure = request.upgradeNodeImages ? await upgradeNodeImages(deps, cluster) : undefined;
  if (isServicePrincipal(before) && !isServicePrincipal(cluster) && !request.upgradeNodeImages) {
    report.warn(
      'The nodes go on with the service principal until their node images are upgraded.',
      joinHints(upgradeCommands(cluster), '; '),
    );
  }
  return { ...(await doneWith(deps, cluster)), ...(failure ? { failure } : {}) };
}

function controlPlaneOf(cluster: Cluster): string {
  const [userAssigned] = cluster.identity.userAssigned;
  const system = { type: 'SystemAssigned' } as const;
  if (userAssigned === undefined || runsAs(cluster, system)) {
    return controlPlaneText(system);
  }
  return userAssigned.resourceId;
}

async function doneWith(deps: ChangeDeps, cluster: Cluster): Promise<Done<ClusterIdentities>> {
  const { signal } = deps;
  const reads = { roles: deps.azure.roles, signal };
  return { result: clusterIdentities(cluster, await readEntryRoles(reads, cluster)), cluster };
}
