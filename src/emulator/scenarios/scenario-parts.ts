import type { JsonObject } from '../exact-json.ts';
import { scaleSet } from './machine-parts.ts';
import { nodes } from './nodes.ts';
import { groupName, location, nodeGroup, subscriptionId, tenantId } from './scenario-ids.ts';

export const clusterName = 'demo';
export const clusterPrincipalId = '00000000-0000-4000-8000-0000000000c1';

export function identityId(name: string, group = groupName): string {
  return `/subscriptions/${subscriptionId}/resourcegroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

export function clusterId(name = clusterName): string {
  return `/subscriptions/${subscriptionId}/resourcegroups/${groupName}/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

/** @param number makes client and principal id; 1 to 65535 */
export function identity(name: string, number: number, group = groupName): JsonObject {
  const digits = number.toString(16).padStart(4, '0');
  return {
    id: identityId(name, group),
    name,
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    location,
    tags: {},
    properties: {
      tenantId,
      clientId: `00000000-0000-4000-8000-0000c11e${digits}`,
      principalId: `00000000-0000-4000-8000-00000b1e${digits}`,
    },
  };
}

/** An entry as the server holds it once it is assigned. */
export function entry(of: JsonObject, namespace: string, name = String(of['name'])): JsonObject {
  const properties = of['properties'] as JsonObject;
  return {
    name,
    namespace,
    bindingSelector: name,
    identity: {
      resourceId: of['id'],
      clientId: properties['clientId'],
      objectId: properties['principalId'],
    },
    provisioningState: 'Assigned',
  };
}

/** The kubelets' own, which every scale set of the cluster carries. */
const kubelet = identity('demo-agentpool', 0xff, nodeGroup);

export function operatorRole(of: JsonObject, principalId = clusterPrincipalId): JsonObject {
  return { scope: of['id'], role: 'Managed Identity Operator', principalId };
}

/** A CNI cluster with a system-assigned identity and one Linux pool; `properties` replace what is there. */
export function cluster(properties: JsonObject = {}, root: JsonObject = {}): JsonObject {
  return {
    id: clusterId(),
    name: clusterName,
    type: 'Microsoft.ContainerService/ManagedClusters',
    location,
    tags: { team: 'platform' },
    sku: { name: 'Base', tier: 'Free' },
    identity: { type: 'SystemAssigned', principalId: clusterPrincipalId, tenantId },
    ...root,
    properties: {
      powerState: { code: 'Running' },
      kubernetesVersion: '1.33',
      currentKubernetesVersion: '1.33.5',
      dnsPrefix: clusterName,
      fqdn: 'demo-dns-1a2b3c4d.hcp.westeurope.azmk8s.io',
      azurePortalFQDN: 'demo-dns-1a2b3c4d.portal.hcp.westeurope.azmk8s.io',
      nodeResourceGroup: nodeGroup,
      maxAgentPools: 100,
      enableRBAC: true,
      servicePrincipalProfile: { clientId: 'msi' },
      agentPoolProfiles: [
        {
          name: 'nodepool1',
          count: 2,
          vmSize: 'Standard_D4s_v5',
          osDiskSizeGB: 128,
          osType: 'Linux',
          osSKU: 'Ubuntu',
          mode: 'System',
          type: 'VirtualMachineScaleSets',
          orchestratorVersion: '1.33',
          currentOrchestratorVersion: '1.33.5',
          nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202511.07.0',
          powerState: { code: 'Running' },
        },
      ],
      networkProfile: {
        networkPlugin: 'azure',
        loadBalancerSku: 'standard',
        podCidr: '10.244.0.0/16',
        serviceCidr: '10.0.0.0/16',
        dnsServiceIP: '10.0.0.10',
      },
      identityProfile: {
        kubeletidentity: {
          resourceId: kubelet['id'],
          clientId: '00000000-0000-4000-8000-0000c11e00ff',
          objectId: '00000000-0000-4000-8000-00000b1e00ff',
        },
      },
      ...properties,
    },
  };
}

/**
 * Subscription, group, the identities `web` and `jobs`, that of the kubelets, the namespace `demo`, and two
 * nodes with podid's agent; `more` is added or put in its place.
 */
export function parts(more: JsonObject & { readonly identities?: JsonObject[] }): JsonObject {
  return {
    tenantId,
    subscriptions: [
      {
        subscriptionId,
        displayName: 'Emulated subscription',
        tenantId,
        managementGroups: ['platform', 'root'],
        features: { 'Microsoft.ContainerService/EnablePodIdentityPreview': 'Registered' },
        providers: {
          'Microsoft.ContainerService': 'Registered',
          'Microsoft.ManagedIdentity': 'Registered',
          'Microsoft.Authorization': 'Registered',
        },
      },
    ],
    resourceGroups: [group(groupName), group(nodeGroup)],
    machines: scaleSet({ pool: 'nodepool1' }),
    kubernetes: [demoNamespace, ...nodes()],
    ...more,
    identities: [...(more.identities ?? [identity('web', 1), identity('jobs', 2)]), kubelet],
  };
}

export const demoNamespace: JsonObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'demo' },
  status: { phase: 'Active' },
};

function group(name: string): JsonObject {
  return {
    id: `/subscriptions/${subscriptionId}/resourceGroups/${name}`,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    tags: {},
    properties: { provisioningState: 'Succeeded' },
  };
}
