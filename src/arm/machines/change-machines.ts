import { ComputeManagementClient, type VirtualMachineUpdate } from '@azure/arm-compute';
import { assigningPatch, type IdentityPatch, removingPatch } from '../../domain/azure/machine-identities.ts';
import {
  type Machine,
  type MachineChange,
  type Machines,
  machineTypes,
} from '../../domain/azure/machines.ts';
import { parseResourceId, type ResourceId } from '../../domain/azure/resource-id.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { operationOf } from '../connection/arm-answer.ts';
import type { ArmConnection, RawResponse } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { mapMachineFault } from './map-machine-error.ts';
import { readPatchedMachine } from './read-machine.ts';

type Writes = Pick<Machines, 'assignIdentities' | 'removeIdentities' | 'upgradeInstances'>;

/**
 * What changes scale sets and virtual machines. Each request is sent once: the workflows know what a repeat
 * would do.
 */
export function armMachineChanges(connection: ArmConnection): Writes {
  return {
    assignIdentities: (machine, identityIds, signal) =>
      patch(connection, { machine, identityIds, identity: assigningPatch(machine, identityIds) }, signal),
    removeIdentities: (machine, identityIds, signal) =>
      patch(connection, { machine, identityIds, identity: removingPatch(machine, identityIds) }, signal),
    async upgradeInstances(scaleSetId, instanceIds, signal) {
      const id = machineId(scaleSetId, 'vmss');
      const about = aboutWrite(connection, {
        machine: { resourceId: scaleSetId, name: id.name, kind: 'vmss', identityIds: [] },
        identityIds: [],
        action: `${machineTypes.vmss}/manualupgrade/action`,
        doing: 'upgrade instances of',
      });
      const { virtualMachineScaleSets } = clientFor(connection, id);
      const answer = await connection.raw(about, signal, (onResponse) =>
        submit(
          virtualMachineScaleSets.updateInstances(
            id.resourceGroup,
            id.name,
            { instanceIds: [...instanceIds] },
            { abortSignal: signal, onResponse },
          ),
        ),
      );
      return operationOf(answer, connection.clock.now());
    },
  };
}

interface Patch {
  readonly machine: Machine;
  readonly identityIds: readonly string[];
  readonly identity: IdentityPatch;
}

async function patch(
  connection: ArmConnection,
  { machine, identityIds, identity }: Patch,
  signal: AbortSignal,
): Promise<MachineChange> {
  const id = machineId(machine.resourceId, machine.kind);
  const about = aboutWrite(connection, {
    machine,
    identityIds,
    action: `${machineTypes[machine.kind]}/write`,
    doing: 'change the identities of',
  });
  const client = clientFor(connection, id);
  const operations = machine.kind === 'vmss' ? client.virtualMachineScaleSets : client.virtualMachines;
  // The SDK's type knows no null, which is how a PATCH takes an identity away; its serializer lets it pass.
  const body = { identity } as unknown as VirtualMachineUpdate;
  const answer = await connection.raw(about, signal, (onResponse: (response: RawResponse) => void) =>
    submit(
      operations.update(id.resourceGroup, id.name, body, {
        abortSignal: signal,
        onResponse,
        ...(machine.eTag === undefined ? {} : { ifMatch: machine.eTag }),
      }),
    ),
  );
  const operation = operationOf(answer, connection.clock.now());
  return {
    machine: readPatchedMachine(answer.text, machine),
    ...(operation === undefined ? {} : { operation }),
  };
}

/** Sends the first request of a poller and no other: podid follows operations by itself. */
async function submit(poller: { submitted(): Promise<unknown> }): Promise<void> {
  await poller.submitted();
}

function clientFor(connection: ArmConnection, id: ResourceId): ComputeManagementClient {
  return connection.equip(
    new ComputeManagementClient(connection.credential, id.subscriptionId, connection.clientOptions),
    'none',
  );
}

function machineId(text: string, kind: Machine['kind']): ResourceId {
  const id = parseResourceId(text, machineTypes[kind]);
  if (id === undefined) {
    throw new PodidError('InvalidUsage', `${text} is not the id of a ${kind}.`);
  }
  return id;
}

function aboutWrite(
  connection: ArmConnection,
  write: Omit<Parameters<typeof mapMachineFault>[1], 'caller'> & { readonly doing: string },
): ArmRequest {
  const { caller } = connection;
  return {
    doing: `${write.doing} ${write.machine.name}`,
    action: write.action,
    scope: write.machine.resourceId,
    caller,
    notFound: 'MachineNotFound',
    known: (fault) => mapMachineFault(fault, { ...write, caller }),
  };
}
