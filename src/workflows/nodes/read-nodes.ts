import type { Machine } from '../../domain/azure/machines.ts';
import type { Deps } from '../../domain/deps.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import type { NodeIdentities } from './node-request.ts';

interface Reads extends Pick<Deps, 'report'> {
  readonly azure: Pick<Azure, 'machines'>;
  readonly signal: AbortSignal;
}

/** What machines carry, and whether the instances of scale sets have come after it. */
export async function readNodes(reads: Reads, machines: readonly Machine[]): Promise<NodeIdentities[]> {
  const unread: PodidError[] = [];
  const nodes = await eachConcurrently(machines, async (machine) => ({
    pool: machine.poolName ?? null,
    kind: machine.kind,
    resource: machine.resourceId,
    identities: machine.identityIds,
    instancesUpToDate: await areUpToDate(reads, machine, unread),
  }));
  const [first] = unread;
  if (first !== undefined) {
    const others = unread.length === 1 ? '' : ` The same holds for ${unread.length - 1} more.`;
    reads.report.warn(
      `Whether the instances have the identities of their scale set is not known: ${first.message}${others}`,
      first.hint,
    );
  }
  return nodes;
}

/** null for whoever may read a scale set and not its instances; the reason is added to `unread`. */
async function areUpToDate(
  { azure, signal }: Reads,
  machine: Machine,
  unread: PodidError[],
): Promise<boolean | null> {
  if (machine.kind === 'vm') {
    return true;
  }
  try {
    const instances = await azure.machines.instances(machine.resourceId, signal);
    return instances.every(({ latestModel }) => latestModel);
  } catch (error) {
    if (isPodidError(error, 'Forbidden')) {
      unread.push(error);
      return null;
    }
    if (isPodidError(error, 'MachineNotFound')) {
      return null;
    }
    throw error;
  }
}
