import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { Cluster } from './cluster.ts';
import { isServicePrincipal } from './cluster-kind.ts';
import { wayToEnable } from './way-to-enable.ts';

/**
 * The principal that the control plane acts as, and so the one that needs Managed Identity Operator. Never
 * kubelet's, never a guess.
 *
 * @param override `--cluster-principal-id`, which settles it
 * @throws PodidError ServicePrincipalCluster | UnknownClusterIdentity
 */
export function clusterPrincipal(cluster: Cluster, override?: string): string {
  if (override !== undefined) {
    return override;
  }
  const type = cluster.identity.type.toLowerCase();
  if (isServicePrincipal(cluster)) {
    throw servicePrincipalCluster(cluster);
  }
  const candidates = principalsOf(cluster);
  const wanted = type === 'systemassigned' ? cluster.identity.principalId : solePrincipal(cluster, type);
  if (wanted !== undefined && wanted !== '') {
    return wanted;
  }
  const list = candidates.length === 0 ? 'It names no principal.' : `It lists ${candidates.join(', ')}.`;
  throw new PodidError(
    'UnknownClusterIdentity',
    `Cluster ${cluster.id.name} has an identity of type "${cluster.identity.type}", and podid cannot determine which principal acts for its control plane. ${list}`,
    {
      hint: advice`Name the one to grant to: --cluster-principal-id PRINCIPAL_ID, with the principal id of one of those`,
      target: cluster.resourceId,
    },
  );
}

/** The refusal: pod identity cannot work on a cluster that runs as a service principal. */
export function servicePrincipalCluster(cluster: Cluster): PodidError {
  return new PodidError(
    'ServicePrincipalCluster',
    `Cluster ${cluster.id.name} runs as a service principal. The add-on needs a cluster with a managed identity: Azure lets that identity, not a secret, put identities on nodes.`,
    {
      hint: wayToEnable(cluster),
      target: cluster.resourceId,
    },
  );
}

function solePrincipal(cluster: Cluster, type: string): string | undefined {
  if (type !== 'userassigned' || cluster.identity.userAssigned.length !== 1) {
    return undefined;
  }
  return cluster.identity.userAssigned[0]?.principalId;
}

function principalsOf(cluster: Cluster): string[] {
  const { principalId, userAssigned } = cluster.identity;
  return [
    ...(principalId ? [`system-assigned ${principalId}`] : []),
    ...userAssigned.map((one) => `${one.resourceId} (${one.principalId ?? 'no principal yet'})`),
  ];
}
