import type { Machine, Machines } from '../domain/machines.ts';
import { isRecord, type JsonRecord, stringAt } from '../validate/json-record.ts';
import type { ArmConnection } from './arm-connection.ts';
import { type ArmRequest, mapArmAnswer } from './map-arm-error.ts';
import { PageTrail } from './page-trail.ts';

const apiVersion = '2024-07-01';

/** Scale sets and virtual machines of Microsoft.Compute, read by plain requests: an SDK client for two GETs would cost every start. */
export function armMachines(connection: ArmConnection): Machines {
  return {
    async get(resourceId, signal) {
      const action = `Microsoft.Compute/${resourceId.split('/').at(-2)}/read`;
      const about = aboutMachines(connection, `read ${resourceId}`, action, resourceId);
      const body = await getJson(connection, `${resourceId}?api-version=${apiVersion}`, about, signal);
      return readMachine(body, resourceId);
    },
    async scaleSets(subscriptionId, resourceGroup, signal) {
      const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      const doing = `list the scale sets of resource group ${resourceGroup}`;
      const action = 'Microsoft.Compute/virtualMachineScaleSets/read';
      const about = aboutMachines(connection, doing, action, group);
      const path = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets`;
      const found: Machine[] = [];
      let url: string | undefined = `${path}?api-version=${apiVersion}`;
      const trail = new PageTrail(url);
      while (url !== undefined) {
        const page: JsonRecord = await getJson(connection, url, about, signal);
        const items: unknown[] = Array.isArray(page['value']) ? page['value'] : [];
        found.push(...items.filter(isRecord).map((item) => readMachine(item, stringAt(item, 'id') ?? '')));
        url = trail.next(page);
      }
      return found;
    },
  };
}

function aboutMachines(connection: ArmConnection, doing: string, action: string, scope: string): ArmRequest {
  return { doing, action, scope, caller: connection.caller };
}

async function getJson(
  connection: ArmConnection,
  url: string,
  about: ArmRequest,
  signal: AbortSignal,
): Promise<JsonRecord> {
  const answer = await connection.send({ method: 'GET', url, about }, signal, 'reads');
  if (answer.status !== 200) throw mapArmAnswer(answer, about);
  const body: unknown = JSON.parse(answer.text || '{}');
  return isRecord(body) ? body : {};
}

/** A scale set keeps its profile one level deeper than a machine. */
function readMachine(body: JsonRecord, resourceId: string): Machine {
  const properties = recordAt(body, 'properties');
  const profile = recordAt(properties, 'virtualMachineProfile');
  const disk = recordAt(
    recordAt(isRecord(properties['virtualMachineProfile']) ? profile : properties, 'storageProfile'),
    'osDisk',
  );
  const poolName = stringAt(recordAt(body, 'tags'), 'aks-managed-poolName');
  return {
    resourceId,
    osType: stringAt(disk, 'osType') ?? 'Linux',
    ...(poolName === undefined ? {} : { poolName }),
    identityIds: Object.keys(recordAt(recordAt(body, 'identity'), 'userAssignedIdentities')),
  };
}

function recordAt(record: JsonRecord, key: string): JsonRecord {
  const value = record[key];
  return isRecord(value) ? value : {};
}
