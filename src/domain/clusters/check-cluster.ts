import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { azFlags, nextCommand } from '../hints/next-command.ts';
import type { ManagedIdentity, Subscription } from '../ports.ts';
import type { AgentPool, Cluster } from './cluster.ts';
import { isKubenet, isServicePrincipal } from './cluster-kind.ts';
import { servicePrincipalCluster } from './cluster-principal.ts';
import { wayToEnable } from './way-to-enable.ts';

export interface ClusterDemands {
  /** The add-on must be on. */
  readonly addon: boolean;
  /** On kubenet, consent must be recorded or come with this command. */
  readonly kubenetConsent: boolean;
  /** Some pool must be able to use what is added. */
  readonly usablePool: boolean;
}

/**
 * The gate before any write: what Azure would refuse, or accept and never make work.
 *
 * @returns warnings, each a sentence
 * @throws PodidError ClusterStateForbids | AddonDisabled | ServicePrincipalCluster | KubenetConsentMissing |
 * NoLinuxScaleSetPool
 */
export function checkCluster(cluster: Cluster, demands: ClusterDemands): string[] {
  const warnings = checkClusterState(cluster);
  // Neither the add-on nor the control plane's identity has a part in it, and the agent itself keeps watch on
  // kubenet.
  if (cluster.profile.objects !== undefined) {
    return warnings;
  }
  if (demands.addon && !cluster.profile.enabled) {
    throw addonDisabled(cluster);
  }
  if (isServicePrincipal(cluster)) {
    throw servicePrincipalCluster(cluster);
  }
  if (demands.kubenetConsent && isKubenet(cluster) && !cluster.profile.allowNetworkPluginKubenet) {
    throw kubenetConsentMissing(cluster);
  }
  return [...warnings, ...(demands.usablePool ? poolWarnings(cluster) : [])];
}

/**
 * Whether Azure is working on the cluster, so that a PUT now would be refused. The list of such states is
 * open.
 */
export function isBusy(cluster: Cluster): boolean {
  return !['succeeded', 'failed', 'canceled', ''].includes(cluster.provisioningState.toLowerCase());
}

export function kubenetConsentMissing(cluster: Cluster): PodidError {
  return new PodidError(
    'KubenetConsentMissing',
    `Cluster ${cluster.id.name} uses kubenet. There a pod with the capability NET_RAW can pose as another pod by ARP spoofing and be given its token (CVE-2021-1677), so Azure requires an explicit consent.`,
    {
      hint: wayToEnable(cluster),
      target: cluster.resourceId,
    },
  );
}

/**
 * The part of the gate that holds for any change. @returns warnings @throws PodidError ClusterStateForbids
 */
export function checkClusterState(cluster: Cluster): string[] {
  const { id, provisioningState, powerState, resourceId } = cluster;
  if (provisioningState.toLowerCase() === 'deleting') {
    throw new PodidError('ClusterStateForbids', `Cluster ${id.name} is being deleted.`, {
      hint: advice`${nextCommand('status', id)}  # shows when it is gone`,
      target: resourceId,
    });
  }
  if (powerState?.toLowerCase() === 'stopped') {
    throw new PodidError('ClusterStateForbids', `Cluster ${id.name} is stopped.`, {
      hint: command('az aks start', ...azFlags(id)),
      target: resourceId,
    });
  }
  return stateWarnings(cluster);
}

function addonDisabled(cluster: Cluster): PodidError {
  return new PodidError('AddonDisabled', `The pod-identity add-on is off on cluster ${cluster.id.name}.`, {
    hint: advice`${wayToEnable(cluster)}; or, without the add-on, ${withoutAddon}`,
    target: cluster.resourceId,
  });
}

function stateWarnings(cluster: Cluster): string[] {
  const failed = ['failed', 'canceled'].includes(cluster.provisioningState.toLowerCase());
  return failed
    ? [`Cluster ${cluster.id.name} is in state ${cluster.provisioningState}; Azure may refuse the change.`]
    : [];
}

/** An empty list says nothing: some answers leave the pools out. */
function poolWarnings(cluster: Cluster): string[] {
  const useless = cluster.pools.filter((pool) => !isUsable(pool));
  if (cluster.pools.length > 0 && useless.length === cluster.pools.length) {
    throw new PodidError(
      'NoLinuxScaleSetPool',
      `No node pool of cluster ${cluster.id.name} can use pod identity: ${useless.map(describePool).join(', ')}. It needs Linux nodes on virtual machine scale sets.`,
      {
        hint: command('az aks nodepool add', ...azFlags(cluster.id, '--cluster-name'), '-n', 'linux1'),
        target: cluster.resourceId,
      },
    );
  }
  return useless.length === 0
    ? []
    : [
        `Pods on ${useless.map(describePool).join(', ')} get no tokens: pod identity works on Linux scale-set pools only.`,
      ];
}

function isUsable(pool: AgentPool): boolean {
  return pool.osType.toLowerCase() === 'linux' && pool.type.toLowerCase() === 'virtualmachinescalesets';
}

function describePool(pool: AgentPool): string {
  return `pool ${pool.name} (${pool.osType}, ${pool.type})`;
}

/** The road for clusters on which the add-on is off, or cannot be turned on, as the end of a sentence. */
export const withoutAddon = advice`the same command with --mode cluster (docs/modes.md)`;

/**
 * Azure assigns no identity across tenants. What is not known decides nothing. @throws PodidError
 * TenantMismatch
 */
export function checkTenants(
  cluster: Cluster,
  identity: ManagedIdentity,
  subscription: Subscription | undefined,
): void {
  const known = [
    { of: `subscription ${cluster.id.subscriptionId}`, tenantId: subscription?.tenantId },
    { of: `the identity of cluster ${cluster.id.name}`, tenantId: cluster.identity.tenantId },
    { of: `managed identity ${identity.resourceId}`, tenantId: identity.tenantId },
  ].filter(({ tenantId }) => tenantId !== undefined && tenantId !== '');
  if (new Set(known.map(({ tenantId }) => tenantId?.toLowerCase())).size <= 1) {
    return;
  }
  throw new PodidError(
    'TenantMismatch',
    `Pod identity works within one tenant only: ${known.map(({ of, tenantId }) => `${of} is in ${tenantId}`).join(', ')}.`,
    { hint: advice`Use a managed identity of the cluster's tenant`, target: identity.resourceId },
  );
}
