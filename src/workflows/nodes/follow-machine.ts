import type { Machine } from '../../domain/azure/machines.ts';
import type { Operation, OperationEnd } from '../../domain/ports.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from '../change/start-change.ts';

/** What one machine's change needs of a command's deps. */
export type MachineDeps = Pick<ChangeDeps, 'report' | 'deadline' | 'signal'> & {
  readonly azure: Pick<ChangeDeps['azure'], 'machines'>;
  readonly options: Pick<ChangeDeps['options'], 'pollIntervalMs' | 'noWait'>;
};

/**
 * Follows an operation on a machine to its end. Where it cannot be followed, for want of a right on
 * operations or because Azure does not know it any more, the machine's own state decides.
 *
 * @throws PodidError EntryFailed when it ends as anything but Succeeded, and the signal's reason
 */
export async function followMachine(
  deps: MachineDeps,
  machine: Pick<Machine, 'name' | 'resourceId'>,
  operation: Operation,
): Promise<void> {
  const { options, deadline } = deps;
  const wait = {};
  deps.report.progress(`Azure works on ${machine.name}`, { wait });
  try {
    const end = await deadline.within((signal) =>
      deps.azure.machines.follow(operation, {
        pollIntervalMs: options.pollIntervalMs,
        onStatus: (status) => deps.report.progress(`Azure works on ${machine.name}: ${status}`, { wait }),
        signal,
      }),
    );
    if (end.status !== 'Succeeded') {
      throw failed(machine, end);
    }
  } catch (error) {
    if (!isPodidError(error, 'Forbidden', 'Unavailable')) {
      throw error;
    }
    const { provisioningState } = await settled(deps, machine);
    if (/^(?:failed|canceled)$/i.test(provisioningState)) {
      throw failed(machine, { status: provisioningState });
    }
  }
}

function failed(
  { name, resourceId }: Pick<Machine, 'name' | 'resourceId'>,
  { status, error }: Pick<OperationEnd, 'error'> & { readonly status: string },
): PodidError {
  const reason = error ? `${error.code}: ${error.message}` : 'Azure gave no reason';
  return new PodidError('EntryFailed', `The change of ${name} ended as ${status}: ${reason}`, {
    hint: advice`The same command tries again.`,
    target: resourceId,
  });
}

/** Reads the machine until nothing is under way on it. */
export async function settled(
  deps: MachineDeps,
  machine: Pick<Machine, 'name' | 'resourceId'>,
): Promise<Machine> {
  const { options, deadline } = deps;
  const wait = {};
  for (;;) {
    const current = await deps.azure.machines.get(machine.resourceId, deps.signal);
    if (!/^(?:updating|creating|migrating)$/i.test(current.provisioningState)) {
      return current;
    }
    if (deadline.passed()) {
      throw new PodidError(
        'MachineBusy',
        `${machine.name} is still in state ${current.provisioningState} at the end of --timeout.`,
        { hint: advice`The same command continues where this one ended.`, target: machine.resourceId },
      );
    }
    deps.report.progress(`Waiting for ${machine.name}: ${current.provisioningState}`, { wait });
    await deadline.pause(options.pollIntervalMs);
  }
}
