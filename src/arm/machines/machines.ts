import { type Machine, type MachineKind, type Machines, machineTypes } from '../../domain/azure/machines.ts';
import { advice, command } from '../../errors/hint.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { followOperation } from '../connection/follow-operation.ts';
import { itemsOf, PageHistory } from '../connection/page-history.ts';
import { readInstance, readMachine } from './read-machine.ts';

export const machineApiVersion = '2024-07-01';

type Reads = Pick<Machines, 'get' | 'scaleSets' | 'virtualMachines' | 'instances' | 'follow'>;

/**
 * Scale sets and virtual machines of Microsoft.Compute, read by plain requests: an SDK client for a few GETs
 * would cost every start.
 */
export function armMachines(connection: ArmConnection): Reads {
  const about = (doing: string, action: string, scope: string): ArmRequest => ({
    doing,
    action: `Microsoft.Compute/${action}`,
    scope,
    caller: connection.caller,
  });
  return {
    async get(resourceId, signal) {
      const request = about(`read ${resourceId}`, `${resourceId.split('/').at(-2)}/read`, resourceId);
      const body = await getJson(
        connection,
        `${resourceId}?api-version=${machineApiVersion}`,
        { ...request, notFound: 'MachineNotFound' },
        signal,
      );
      return readMachine(body, resourceId);
    },
    scaleSets: (subscriptionId, resourceGroup, signal) =>
      listMachines(connection, { kind: 'vmss', subscriptionId, resourceGroup }, signal),
    virtualMachines: (subscriptionId, resourceGroup, signal) =>
      listMachines(connection, { kind: 'vm', subscriptionId, resourceGroup }, signal),
    async instances(scaleSetId, signal) {
      const request = about(
        `list the instances of ${scaleSetId}`,
        'virtualMachineScaleSets/virtualMachines/read',
        scaleSetId,
      );
      const asked: ArmRequest = { ...request, notFound: 'MachineNotFound' };
      return (await listAll(connection, `${scaleSetId}/virtualMachines`, asked, signal)).map(readInstance);
    },
    follow: (operation, options) =>
      followOperation(connection, operation, {
        ...options,
        action: 'Microsoft.Compute/locations/operations/read',
        readHint: advice`${command('podid node list')}  # shows how the change ended.`,
      }),
  };
}

interface MachineList {
  readonly kind: MachineKind;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

async function listMachines(
  connection: ArmConnection,
  { kind, subscriptionId, resourceGroup }: MachineList,
  signal: AbortSignal,
): Promise<Machine[]> {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  const called = kind === 'vmss' ? 'scale sets' : 'virtual machines';
  const about: ArmRequest = {
    doing: `list the ${called} of resource group ${resourceGroup}`,
    action: `${machineTypes[kind]}/read`,
    scope: group,
    caller: connection.caller,
    notFound: 'MachineNotFound',
  };
  const items = await listAll(connection, `${group}/providers/${machineTypes[kind]}`, about, signal);
  return items.map((item) => readMachine(item, stringAt(item, 'id') ?? ''));
}

async function listAll(
  connection: ArmConnection,
  path: string,
  about: ArmRequest,
  signal: AbortSignal,
): Promise<JsonRecord[]> {
  const found: JsonRecord[] = [];
  let url: string | undefined = `${path}?api-version=${machineApiVersion}`;
  const history = new PageHistory(url);
  while (url !== undefined) {
    const page: JsonRecord = await getJson(connection, url, about, signal);
    found.push(...itemsOf(page));
    url = history.next(page);
  }
  return found;
}

async function getJson(
  connection: ArmConnection,
  url: string,
  about: ArmRequest,
  signal: AbortSignal,
): Promise<JsonRecord> {
  const answer = await connection.read(url, about, signal);
  const body: unknown = JSON.parse(answer.text || '{}');
  return isRecord(body) ? body : {};
}
