import type { Machine } from '../../domain/azure/machines.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { Done, Plan } from '../change/outcome.ts';
import { type ChangeDeps, endOfWait } from '../change/start-change.ts';
import { changeMachine } from './change-machine.ts';
import { identitiesAfter, idsToSend, type WantedChange } from './machine-change.ts';
import type { NodeIdentities } from './node-request.ts';
import { readNodes } from './read-nodes.ts';
import { upgradeLagging } from './upgrade-instances.ts';

/** A dry run: a line for each machine that would change. */
export function planNodes(machines: readonly Machine[], wanted: WantedChange): Plan {
  const changes = machines
    .filter((machine) => idsToSend(machine, wanted).length > 0)
    .map((machine) => ({
      action: 'update' as const,
      kind: 'machine' as const,
      namespace: null,
      name: machine.name,
      before: { resource: machine.resourceId, identities: machine.identityIds },
      after: { resource: machine.resourceId, identities: identitiesAfter(machine, wanted) },
    }));
  return { changes, puts: 0 };
}

/**
 * Changes the machines, eight at a time; one that fails does not keep the others from the change.
 *
 * @returns what all of them carry, and with it the failure where some took the change or an operation ended
 * as Failed
 * @throws PodidError of the first machine, with the details of all, when none took the change
 */
export async function changeNodes(
  deps: ChangeDeps,
  cluster: Cluster,
  machines: readonly Machine[],
  wanted: WantedChange,
): Promise<Done<readonly NodeIdentities[]>> {
  const { azure, report, signal } = deps;
  const outcomes = await eachConcurrently(machines, (machine) => changeOne(deps, machine, wanted)).catch(
    (error: unknown) => {
      const hint = nextCommand('node list', cluster.id);
      throw endOfWait(deps, error, 'Azure finishes what it has accepted.', hint);
    },
  );
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  const accepted = outcomes.some(({ changed }) => changed);
  if (failures.length > 0 && !accepted && !failures.some(({ code }) => code === 'EntryFailed')) {
    throw allOf(failures);
  }
  const result = await readNodes(
    { azure, report, signal },
    outcomes.map(({ machine }) => machine),
  );
  const failure = failures.length === 0 ? undefined : someOf(failures, machines.length);
  return { result, cluster, ...(failure === undefined ? {} : { failure }) };
}

interface MachineOutcome {
  readonly machine: Machine;
  /** Azure took a change of it. */
  readonly changed: boolean;
  readonly failure?: PodidError;
}

async function changeOne(deps: ChangeDeps, machine: Machine, wanted: WantedChange): Promise<MachineOutcome> {
  const before = idsToSend(machine, wanted).length;
  const isChanged = (current: Machine) => idsToSend(current, wanted).length < before;
  try {
    const current = await changeMachine(deps, machine, wanted);
    if (wanted.upgradeInstances === true && !deps.options.noWait) {
      await upgradeLagging(deps, current, wanted);
    }
    return { machine: current, changed: isChanged(current) };
  } catch (error) {
    if (deps.signal.aborted || !isPodidError(error)) {
      throw error;
    }
    // A change that failed at its end, or in its second half, may have come about all the same.
    const { azure } = deps;
    const current = await azure.machines.get(machine.resourceId, deps.signal).catch(() => machine);
    return { machine: current, changed: isChanged(current), failure: error };
  }
}

function allOf(failures: readonly PodidError[]): PodidError {
  const [first] = failures as [PodidError, ...PodidError[]];
  if (failures.length === 1) {
    return first;
  }
  return new PodidError(first.code, `None of the ${failures.length} machines was changed. ${first.message}`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    target: first.target,
    details: detailsOf(failures),
    cause: first,
  });
}

function someOf(failures: readonly PodidError[], total: number): PodidError {
  const [first] = failures as [PodidError, ...PodidError[]];
  if (failures.length === 1 && first.exitCode === 8) {
    return first;
  }
  return new PodidError(
    'MachinesLeftOut',
    `${failures.length} of ${total} machines were not changed: ${first.message}`,
    {
      hint: first.hint ?? advice`The same command tries again.`,
      target: first.target,
      details: detailsOf(failures),
      cause: first,
    },
  );
}

function detailsOf(failures: readonly PodidError[]) {
  return failures.map(({ code, message }) => ({ code, message }));
}
