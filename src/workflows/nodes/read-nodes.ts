import type { Machine } from '../../domain/azure/machines.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { NodeIdentities } from './node-request.ts';

interface Reads {
  readonly azure: Pick<Azure, 'machines'>;
  readonly signal: AbortSignal;
}

/** What machines carry, and whether the instances of scale sets have come after it. */
export function readNodes(reads: Reads, machines: readonly Machine[]): Promise<NodeIdentities[]> {
  return eachConcurrently(machines, async (machine) => ({
    pool: machine.poolName ?? null,
    kind: machine.kind,
    resource: machine.resourceId,
    identities: machine.identityIds,
    instancesUpToDate: await areUpToDate(reads, machine),
  }));
}

/** null for whoever may read a scale set and not its instances. */
async function areUpToDate({ azure, signal }: Reads, machine: Machine): Promise<boolean | null> {
  if (machine.kind === 'vm') {
    return true;
  }
  try {
    const instances = await azure.machines.instances(machine.resourceId, signal);
    return instances.every(({ latestModel }) => latestModel);
  } catch (error) {
    if (isPodidError(error, 'Forbidden', 'MachineNotFound')) {
      return null;
    }
    throw error;
  }
}
