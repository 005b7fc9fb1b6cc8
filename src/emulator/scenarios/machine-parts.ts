import type { JsonObject } from '../exact-json.ts';
import { location as demoLocation, groupName, nodeGroup, subscriptionId } from './scenario-ids.ts';

const kubeletIdentity = `/subscriptions/${subscriptionId}/resourcegroups/${nodeGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/demo-agentpool`;
const image =
  '/subscriptions/00000000-0000-4000-8000-00000000a45e/resourceGroups/AKS-Ubuntu/providers/Microsoft.Compute/galleries/AKSUbuntu/images/2204gen2containerd/versions/202511.07.0';

export interface PoolMachines {
  readonly pool: string;
  readonly os?: 'Linux' | 'Windows';
  /** Carried besides the kubelets' identity. */
  readonly identityIds?: readonly string[];
  /** Object id of a system-assigned identity. */
  readonly systemAssigned?: string;
  /** How many instances boot from the image of before; they are the last ones. */
  readonly oldImages?: number;
  /** Instances; 2 when absent. */
  readonly count?: number;
  /** Id of the resource group; the demo cluster's node resource group when absent, as its kubelets' identity is. */
  readonly group?: string;
  readonly location?: string;
  readonly kubelet?: string;
}

const demoNodeGroup = `/subscriptions/${subscriptionId}/resourceGroups/${nodeGroup}`;

export function scaleSetId(pool: string, group = demoNodeGroup): string {
  return `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-${pool}-12345678-vmss`;
}

/** The scale set of a pool, with manual upgrades as AKS makes it, and its two instances. */
export function scaleSet({
  pool,
  os = 'Linux',
  oldImages = 0,
  count = 2,
  group,
  location = demoLocation,
  ...more
}: PoolMachines): JsonObject[] {
  const id = scaleSetId(pool, group);
  const name = `aks-${pool}-12345678-vmss`;
  const identity = identityOf(more);
  const instances = Array.from({ length: count }, (_, number) => {
    const isOld = number >= count - oldImages;
    return {
      id: `${id}/virtualMachines/${number}`,
      name: `${name}_${number}`,
      instanceId: String(number),
      type: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines',
      location,
      identity,
      properties: {
        latestModelApplied: !isOld,
        provisioningState: 'Succeeded',
        storageProfile: storage(os, isOld ? image.replace('202511.07.0', '202510.19.1') : image),
      },
    };
  });
  const profile = os === 'Linux' ? { linuxConfiguration: {} } : { windowsConfiguration: {} };
  return [
    {
      id,
      name,
      type: 'Microsoft.Compute/virtualMachineScaleSets',
      location,
      tags: { 'aks-managed-poolName': pool },
      sku: { name: 'Standard_D4s_v5', tier: 'Standard', capacity: count },
      identity,
      properties: {
        provisioningState: 'Succeeded',
        orchestrationMode: 'Uniform',
        upgradePolicy: { mode: 'Manual' },
        virtualMachineProfile: {
          osProfile: { computerNamePrefix: name, ...profile },
          storageProfile: storage(os, image),
        },
      },
    },
    ...instances,
  ];
}

/** A machine of a pool that AKS makes without scale sets. */
export function poolMachine(pool: string, number: number): JsonObject {
  return machine(`aks-${pool}-12345678-vms${number}`, nodeGroup, {
    tags: { 'aks-managed-poolName': pool },
    identity: identityOf({}),
  });
}

/** A machine that AKS knows nothing of, in the cluster's own resource group. */
export function ownMachine(name: string): JsonObject {
  return machine(name, groupName, { tags: {} });
}

function machine(name: string, group: string, more: JsonObject): JsonObject {
  return {
    id: `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`,
    name,
    type: 'Microsoft.Compute/virtualMachines',
    location: demoLocation,
    ...more,
    properties: {
      provisioningState: 'Succeeded',
      osProfile: { computerName: name, linuxConfiguration: {} },
      storageProfile: storage('Linux', image),
    },
  };
}

function identityOf({
  identityIds = [],
  systemAssigned,
  kubelet = kubeletIdentity,
}: Pick<PoolMachines, 'identityIds' | 'systemAssigned' | 'kubelet'>): JsonObject {
  const userAssignedIdentities = Object.fromEntries(
    [kubelet, ...identityIds].map((id) => [id, { principalId: '', clientId: '' }]),
  );
  return systemAssigned === undefined
    ? { type: 'UserAssigned', userAssignedIdentities }
    : { type: 'SystemAssigned, UserAssigned', principalId: systemAssigned, userAssignedIdentities };
}

function storage(osType: string, id: string): JsonObject {
  return { osDisk: { osType }, imageReference: { id } };
}
