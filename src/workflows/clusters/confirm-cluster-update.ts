import type { Cluster } from '../../domain/clusters/cluster.ts';
import { type ClusterEdit, controlPlaneText } from '../../domain/clusters/cluster-edit.ts';
import { isServicePrincipal } from '../../domain/clusters/cluster-kind.ts';
import type { Deps } from '../../domain/deps.ts';

interface AskedUpdate extends Pick<ClusterEdit, 'controlPlane' | 'kubeletIdentity'> {
  readonly upgradeNodeImages: boolean;
}

/**
 * Says what will happen, then asks. Nothing to do is nothing to ask. @throws PodidError ConfirmationRequired
 */
export async function confirmClusterUpdate(
  { confirm, report }: Pick<Deps, 'confirm' | 'report'>,
  cluster: Cluster,
  update: AskedUpdate,
): Promise<boolean> {
  const consequences = [
    ...controlPlaneConsequences(cluster, update),
    ...(update.kubeletIdentity === undefined
      ? []
      : [`the nodes of every pool are re-imaged, to run as ${update.kubeletIdentity}`]),
    ...(update.upgradeNodeImages
      ? [`the nodes of ${cluster.pools.map(({ name }) => name).join(', ')} are re-imaged, pool by pool`]
      : []),
  ];
  if (consequences.length === 0) {
    report.note(`Cluster ${cluster.id.name} already runs as wanted; nothing is sent.`);
    return true;
  }
  for (const consequence of consequences) {
    report.note(`will happen: ${consequence}`);
  }
  return confirm(`Update cluster ${cluster.id.name}?`);
}

function controlPlaneConsequences(cluster: Cluster, { controlPlane }: AskedUpdate): string[] {
  if (controlPlane === undefined) {
    return [];
  }
  const next = controlPlaneText(controlPlane);
  const entries = cluster.profile.identities.length;
  return [
    isServicePrincipal(cluster)
      ? `the control plane leaves its service principal permanently and runs as ${next}; the nodes follow when their images are upgraded`
      : `the control plane runs as ${next} instead of ${currentText(cluster)}, without the roles that others gave it`,
    ...(entries > 0 && controlPlane.type === 'SystemAssigned'
      ? [
          `two writes, because the new principal exists after the first: until the second its pod identities may be Failed`,
        ]
      : []),
    ...(entries > 0
      ? [`the new principal gets Managed Identity Operator on the identity of every entry (${entries})`]
      : []),
  ];
}

function currentText({ identity }: Cluster): string {
  const [userAssigned] = identity.userAssigned;
  return userAssigned?.resourceId ?? 'its system-assigned identity';
}
