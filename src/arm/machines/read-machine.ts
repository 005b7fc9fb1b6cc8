import type { Machine, MachineInstance, MachineKind } from '../../domain/azure/machines.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../validate/json-record.ts';

/**
 * A scale set or virtual machine as ARM answers it. @param resourceId as the caller wrote it, or as the list
 * has it
 */
export function readMachine(body: JsonRecord, resourceId: string): Machine {
  const kind: MachineKind = /\/virtualMachineScaleSets\/[^/]+$/i.test(resourceId) ? 'vmss' : 'vm';
  const properties = recordAt(body, 'properties');
  // A scale set keeps its profile one level deeper than a machine.
  const profile = kind === 'vmss' ? recordAt(properties, 'virtualMachineProfile') : properties;
  const storage = recordAt(profile, 'storageProfile');
  const identity = recordAt(body, 'identity');
  const poolName = poolOf(body);
  const clientIds = clientIdsOf(recordAt(identity, 'userAssignedIdentities'));
  const eTag = stringAt(body, 'etag') || undefined;
  const upgradeMode = stringAt(recordAt(properties, 'upgradePolicy'), 'mode');
  return {
    resourceId,
    name: resourceId.split('/').at(-1) ?? '',
    kind,
    osType: stringAt(recordAt(storage, 'osDisk'), 'osType') ?? osOfProfile(profile),
    ...(poolName === undefined ? {} : { poolName }),
    identityType: stringAt(identity, 'type') || 'None',
    identityIds: Object.keys(recordAt(identity, 'userAssignedIdentities')),
    ...(clientIds.length === 0 ? {} : { identityClientIds: Object.fromEntries(clientIds) }),
    provisioningState: stringAt(properties, 'provisioningState') ?? '',
    ...(eTag === undefined ? {} : { eTag }),
    ...(kind === 'vmss' && upgradeMode !== undefined ? { upgradeMode } : {}),
    ...(kind === 'vmss' ? { image: imageOf(storage) } : {}),
  };
}

/** As the answer to a PATCH shows the machine. @param text a 202 may come without a body */
export function readPatchedMachine(text: string, before: Machine): Machine {
  const body: unknown = JSON.parse(text || '{}');
  return isRecord(body) && isRecord(body['properties']) ? readMachine(body, before.resourceId) : before;
}

export function readInstance(body: JsonRecord): MachineInstance {
  const properties = recordAt(body, 'properties');
  return {
    instanceId: stringAt(body, 'instanceId') ?? '',
    latestModel: properties['latestModelApplied'] !== false,
    image: imageOf(recordAt(properties, 'storageProfile')),
    ...(isRecord(body['identity'])
      ? { identityIds: Object.keys(recordAt(body['identity'], 'userAssignedIdentities')) }
      : {}),
  };
}

function clientIdsOf(identities: JsonRecord): [id: string, clientId: string][] {
  return Object.keys(identities).flatMap((id) => {
    const clientId = stringAt(recordAt(identities, id), 'clientId');
    return clientId ? [[id, clientId]] : [];
  });
}

/** AKS has written the pool's name under either tag. */
function poolOf(body: JsonRecord): string | undefined {
  const tags = recordAt(body, 'tags');
  return stringAt(tags, 'aks-managed-poolName') ?? stringAt(tags, 'poolName');
}

function osOfProfile(profile: JsonRecord): string {
  return isRecord(recordAt(profile, 'osProfile')['windowsConfiguration']) ? 'Windows' : 'Linux';
}

/** A gallery image by its id, one of the marketplace by its four parts. */
function imageOf(storage: JsonRecord): string {
  const reference = recordAt(storage, 'imageReference');
  const parts = ['publisher', 'offer', 'sku', 'version'].flatMap((key) => stringAt(reference, key) ?? []);
  return (stringAt(reference, 'id') ?? parts.join(':')).toLowerCase();
}
