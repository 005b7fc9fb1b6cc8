import { allowsAction, operatorAssignment } from '../../domain/azure/operator-role.ts';
import type { Cluster, NetworkResource } from '../../domain/clusters/cluster.ts';
import {
  type ClusterIdentities,
  ownKubeletIdentity,
  principalOrNull,
} from '../../domain/clusters/cluster-identities.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { grantCommand } from '../../domain/hints/grant-command.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Reporter, Roles } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { visibleRows } from './read-entry-roles.ts';

interface Reads {
  readonly roles: Roles;
  readonly signal: AbortSignal;
  readonly clusterPrincipalId?: string;
}

/**
 * Reports what the cluster's identities lack, each with the command that fixes it. What cannot be seen is
 * said to be so.
 */
export async function adviseOnIdentities(
  reads: Reads,
  report: Reporter,
  cluster: Cluster,
  shown: ClusterIdentities,
): Promise<void> {
  if (shown.servicePrincipalClientId !== null) {
    warnOfSecret(report, cluster, shown.servicePrincipalClientId);
  }
  warnOfEntries(report, cluster, shown);
  const principalId = principalOrNull(cluster, reads.clusterPrincipalId);
  if (principalId === null) {
    return;
  }
  await warnOfKubelet(reads, report, cluster, principalId);
  await warnOfNetwork(reads, report, cluster, principalId);
}

function warnOfSecret(report: Reporter, cluster: Cluster, clientId: string): void {
  report.warn(
    `Cluster ${cluster.id.name} runs as the service principal ${clientId}. Its secret expires, and from then on nodes, load balancers and disks can no longer be changed. Pod identity does not work with it.`,
    advice`${nextCommand('cluster update', cluster.id, {
      'enable-managed-identity': true,
      'upgrade-node-images': true,
    })}; when the secret expires: ${command('az ad app credential list --id', clientId)}`,
  );
}

function warnOfEntries(report: Reporter, cluster: Cluster, { operatorRole }: ClusterIdentities): void {
  const entries = cluster.profile.identities;
  operatorRole.forEach((role, index) => {
    const entry = entries[index];
    if (role.granted !== false || entry === undefined) {
      return;
    }
    const selector = entry.bindingSelector === entry.name ? undefined : entry.bindingSelector;
    report.warn(
      `The control plane lacks Managed Identity Operator on ${entry.identity.resourceId}, which entry ${entryText(entry)} needs. Azure refuses every change of the profile until it has it.`,
      nextCommand('add', cluster.id, {
        namespace: entry.namespace,
        name: entry.name,
        'identity-resource-id': entry.identity.resourceId,
        'binding-selector': selector,
      }),
    );
  });
  if (operatorRole.some(({ granted }) => granted === null)) {
    report.warn(
      'For some entries it cannot be checked whether the control plane has Managed Identity Operator.',
    );
  }
}

async function warnOfKubelet(
  reads: Reads,
  report: Reporter,
  cluster: Cluster,
  principalId: string,
): Promise<void> {
  const kubelet = ownKubeletIdentity(cluster);
  if (kubelet === undefined) {
    return;
  }
  const rows = await visibleRows(reads, kubelet, principalId);
  if (rows === undefined || operatorAssignment(rows)) {
    return;
  }
  report.warn(
    `The control plane lacks Managed Identity Operator on the kubelet identity ${kubelet}; new nodes do not start without it.`,
    grantCommand('Managed Identity Operator', principalId, kubelet),
  );
}

const needs: Readonly<Record<NetworkResource['kind'], string>> = {
  subnet: 'Microsoft.Network/virtualNetworks/subnets/join/action',
  'public IP address': 'Microsoft.Network/publicIPAddresses/join/action',
  'public IP prefix': 'Microsoft.Network/publicIPPrefixes/join/action',
};

/** AKS grants by itself in the node resource group alone; elsewhere the owner of the network does. */
async function warnOfNetwork(
  reads: Reads,
  report: Reporter,
  cluster: Cluster,
  principalId: string,
): Promise<void> {
  const own = `/resourcegroups/${cluster.nodeResourceGroup?.toLowerCase()}/`;
  const outside = (cluster.networkResources ?? []).filter(
    ({ resourceId }) => !resourceId.toLowerCase().includes(own),
  );
  const uses = await eachConcurrently(outside, (resource) => mayUse(reads, resource, principalId));
  outside.forEach(({ kind, resourceId }, index) => {
    if (uses[index] !== false) {
      return;
    }
    report.warn(
      `The control plane has no role that allows ${needs[kind]} on the ${kind} ${resourceId}, which the cluster uses outside its node resource group.`,
      grantCommand('Network Contributor', principalId, resourceId),
    );
  });
  if (outside.length > 0) {
    return;
  }
  report.note(
    `A network, static IP address or disk outside ${cluster.nodeResourceGroup ?? 'the node resource group'} needs a role of its own for principal ${principalId}: Network Contributor, or Contributor on the disk.`,
  );
}

async function mayUse(
  reads: Reads,
  { kind, resourceId }: NetworkResource,
  principalId: string,
): Promise<boolean | undefined> {
  const rows = await visibleRows(reads, resourceId, principalId);
  if (rows === undefined) {
    return undefined;
  }
  const ids = [...new Set(rows.map(({ roleDefinitionId }) => roleDefinitionId))];
  const roles = await Promise.all(
    ids.map((id) =>
      reads.roles.definition(id, reads.signal).catch((error: unknown) => {
        if (isPodidError(error)) {
          return undefined;
        }
        throw error;
      }),
    ),
  );
  if (roles.some((role) => role !== undefined && allowsAction(role, needs[kind]))) {
    return true;
  }
  return roles.includes(undefined) ? undefined : false;
}
