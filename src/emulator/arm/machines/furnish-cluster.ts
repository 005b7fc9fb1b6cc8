import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../exact-json.ts';
import { scaleSet } from '../../scenarios/machine-parts.ts';
import type { Operation, World } from '../../world.ts';
import { instanceKeysOf, machinesBelow } from './machine-documents.ts';

/** What a pool has that its maker did not name. */
const poolDefaults: JsonObject = {
  count: 1,
  vmSize: 'Standard_D4s_v5',
  osDiskSizeGB: 128,
  osType: 'Linux',
  osSKU: 'Ubuntu',
  mode: 'User',
  type: 'VirtualMachineScaleSets',
};

const image = 'AKSUbuntu-2204gen2containerd-202511.07.0';

/**
 * What AKS has made when the creation of a cluster ends: the node resource group, in it the kubelets' identity
 * unless the cluster was given one, and the machines of every pool.
 */
export function furnishCluster(world: World, cluster: JsonObject): void {
  const properties = objectAt(cluster, 'properties') ?? {};
  const location = textAt(cluster, 'location') ?? '';
  const group = nodeGroupId(cluster);
  world.resourceGroups.set(group.toLowerCase(), {
    id: group,
    name: group.split('/').at(-1) ?? '',
    type: 'Microsoft.Resources/resourceGroups',
    location,
    managedBy: textAt(cluster, 'id'),
    tags: {},
    properties: { provisioningState: 'Succeeded' },
  });
  const kubelet = objectAt(properties, 'identityProfile', 'kubeletidentity');
  const kubeletId = textAt(kubelet, 'resourceId');
  if (kubeletId !== undefined && !world.identities.has(kubeletId.toLowerCase())) {
    world.identities.set(kubeletId.toLowerCase(), {
      id: kubeletId,
      name: kubeletId.split('/').at(-1) ?? '',
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
      location,
      tags: {},
      properties: {
        tenantId: world.tenantId,
        clientId: kubelet?.['clientId'],
        principalId: kubelet?.['objectId'],
      },
    });
  }
  for (const pool of listAt(properties, 'agentPoolProfiles')) {
    furnishPool(world, cluster, pool);
  }
}

/** A pool's scale set and its instances; one of another type has none here. */
export function furnishPool(world: World, cluster: JsonObject, pool: Json): void {
  const profile = objectAt(pool);
  if (profile === undefined) {
    return;
  }
  const version = textAt(cluster, 'properties', 'currentKubernetesVersion');
  const filled: JsonObject = {
    ...poolDefaults,
    orchestratorVersion: version,
    currentOrchestratorVersion: version,
    nodeImageVersion: image,
    powerState: { code: 'Running' },
  };
  for (const [name, value] of Object.entries(filled)) {
    profile[name] ??= value;
  }
  if (profile['type'] !== 'VirtualMachineScaleSets') {
    return;
  }
  const kubelet = textAt(cluster, 'properties', 'identityProfile', 'kubeletidentity', 'resourceId');
  const made = scaleSet({
    pool: textAt(pool, 'name') ?? '',
    os: profile['osType'] === 'Windows' ? 'Windows' : 'Linux',
    count: Number(profile['count']),
    group: nodeGroupId(cluster),
    location: textAt(cluster, 'location') ?? '',
    ...(kubelet === undefined ? {} : { kubelet }),
  });
  for (const machine of made) {
    world.machines.set((textAt(machine, 'id') ?? '').toLowerCase(), machine);
  }
}

/** A new pool has its machines when its operation ends; one that goes is gone with them. */
export function endPool(world: World, cluster: JsonObject, about: Operation['pool']): void {
  const properties = objectAt(cluster, 'properties') ?? {};
  const pools = listAt(properties, 'agentPoolProfiles');
  const pool = pools.find((one) => textAt(one, 'name') === about?.name);
  if (about === undefined || pool === undefined) {
    return;
  }
  const machines = machinesOf(world, cluster, about.name);
  if (about.isDeleted) {
    properties['agentPoolProfiles'] = pools.filter((one) => one !== pool);
    for (const key of machines.flatMap((one) => [one, ...instanceKeysOf(world, one)])) {
      world.machines.delete(key);
      world.registrations.delete(key);
    }
  } else if (machines.length === 0) {
    furnishPool(world, cluster, pool);
  }
}

function machinesOf(world: World, cluster: JsonObject, pool: string): string[] {
  const prefix = `${nodeGroupId(cluster)}/providers/Microsoft.Compute/`.toLowerCase();
  return ['virtualmachinescalesets/', 'virtualmachines/']
    .flatMap((type) => machinesBelow(world, prefix + type))
    .filter(([, machine]) => textAt(machine, 'tags', 'aks-managed-poolName') === pool)
    .map(([key]) => key);
}

/** With its node resource group and everything in it. @param key the cluster's id in lower case */
export function removeCluster(world: World, key: string): void {
  const cluster = world.clusters.get(key);
  world.clusters.delete(key);
  if (cluster === undefined) {
    return;
  }
  const group = nodeGroupId(cluster.document).toLowerCase();
  world.resourceGroups.delete(group);
  for (const map of [world.identities, world.machines, world.registrations, world.roleAssignments]) {
    for (const id of map.keys()) {
      if (id.startsWith(`${group}/`)) {
        map.delete(id);
      }
    }
  }
}

function nodeGroupId(cluster: JsonObject): string {
  const subscription = (textAt(cluster, 'id') ?? '').split('/')[2] ?? '';
  return `/subscriptions/${subscription}/resourceGroups/${textAt(cluster, 'properties', 'nodeResourceGroup')}`;
}
