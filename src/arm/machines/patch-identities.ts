import type { MachineFault } from '../../domain/azure/machine-fault.ts';
import type { IdentityPatch } from '../../domain/azure/machine-identities.ts';
import { type Machine, machineTypes } from '../../domain/azure/machines.ts';
import type { Operation } from '../../domain/azure/operation.ts';
import { type ArmAnswer, armFault, azureRetryAfterMs, operationOf } from '../connection/arm-answer.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import { machineApiVersion } from './machines.ts';
import { readPatchedMachine } from './read-machine.ts';

/** How Azure answered a PATCH. A refusal is a value: what it says decides what comes next. */
export type PatchAnswer =
  | {
      readonly kind: 'accepted';
      /** As the answer shows it; as it was before where the answer has no body. */
      readonly machine: Machine;
      /** Absent when Azure was done at once. */
      readonly operation?: Operation;
    }
  | { readonly kind: 'refused'; readonly fault: MachineFault };

/**
 * One PATCH of a machine's identities, sent once, for the version of the machine that was read (`If-Match`).
 *
 * @throws PodidError Unavailable (the write may have happened) | NotSignedIn, and the signal's reason
 */
export async function patchIdentities(
  connection: ArmConnection,
  machine: Machine,
  identity: IdentityPatch,
  signal: AbortSignal,
): Promise<PatchAnswer> {
  const answer = await connection.send(
    {
      method: 'PATCH',
      url: `${machine.resourceId}?api-version=${machineApiVersion}`,
      body: JSON.stringify({ identity }),
      ...(machine.eTag === undefined ? {} : { headers: { 'if-match': machine.eTag } }),
      about: {
        doing: `change the identities of ${machine.name}`,
        action: `${machineTypes[machine.kind]}/write`,
        scope: machine.resourceId,
        caller: connection.caller,
      },
    },
    signal,
  );
  if (answer.status < 200 || answer.status >= 300) {
    return { kind: 'refused', fault: faultOf(answer, connection.clock.now()) };
  }
  const operation = operationOf(answer, connection.clock.now());
  return {
    kind: 'accepted',
    machine: readPatchedMachine(answer.text, machine),
    ...(operation === undefined ? {} : { operation }),
  };
}

function faultOf(answer: ArmAnswer, nowMs: number): MachineFault {
  const { status, code, message, innermost } = armFault(answer);
  const retryAfterMs = azureRetryAfterMs({ get: (name) => answer.header(name) }, nowMs);
  return { status, code, message, innermost, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
