import { identitiesPerRequest } from '../../domain/azure/machine-identities.ts';
import type { Machine } from '../../domain/azure/machines.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { followMachine, type MachineDeps, settled } from './follow-machine.ts';
import { idsToSend, type WantedChange } from './machine-change.ts';

/**
 * Sends one machine what it is left to be sent, and follows each request to its end; the last one under
 * `--no-wait` is only sent. What Azure may have done without saying so is read back, never guessed.
 *
 * @returns the machine as last read
 * @throws PodidError MachineStateForbids | MachineBusy | StaleMachine | AssignForbidden | AssignRefused |
 * MachineNotFound | EntryFailed |
 *   Unavailable, and the signal's reason
 */
export async function changeMachine(
  deps: MachineDeps,
  machine: Machine,
  wanted: WantedChange,
): Promise<Machine> {
  let current = machine;
  let leftBefore = Infinity;
  for (;;) {
    const left = idsToSend(current, wanted);
    if (left.length === 0) {
      return current;
    }
    refuseDeleting(current);
    if (left.length >= leftBefore) {
      await waitForEffect(deps, current);
    }
    const sent = await send(deps, current, {
      ...wanted,
      identityIds: left.slice(0, identitiesPerRequest),
    });
    if (sent.accepted !== undefined && deps.options.noWait && left.length <= identitiesPerRequest) {
      return sent.accepted;
    }
    if (sent.accepted !== undefined) {
      leftBefore = left.length;
    }
    current = await settled(deps, current);
  }
}

/**
 * Azure accepted a request and its answers do not show it yet: they may lag, and asking on at once would be a
 * storm.
 */
async function waitForEffect({ options, deadline }: MachineDeps, machine: Machine): Promise<void> {
  if (!deadline.passed()) {
    return deadline.pause(options.pollIntervalMs);
  }
  throw new PodidError(
    'EntryFailed',
    `Azure accepted the change of ${machine.name}, but ${machine.name} does not show it.`,
    {
      hint: advice`${command('podid node list')}  # shows what is there; the same command tries again.`,
      target: machine.resourceId,
    },
  );
}

/**
 * One request. A machine that is busy, that changed meanwhile or whose answer was lost is for the caller to
 * read again.
 *
 * @returns the machine as Azure accepted it; nothing when it has to be read again
 */
async function send(
  deps: MachineDeps,
  machine: Machine,
  { action, identityIds }: WantedChange,
): Promise<{ readonly accepted?: Machine }> {
  const { options, deadline } = deps;
  const { machines } = deps.azure;
  deps.report.progress(`Changing the identities of ${machine.name}`);
  try {
    const change =
      action === 'assign'
        ? await machines.assignIdentities(machine, identityIds, deps.signal)
        : await machines.removeIdentities(machine, identityIds, deps.signal);
    if (change.operation !== undefined && !options.noWait) {
      await followMachine(deps, machine, change.operation);
    }
    return { accepted: change.machine };
  } catch (error) {
    const retried = ['StaleMachine', 'Unavailable', ...(options.noWait ? [] : ['MachineBusy'])];
    if (!isPodidError(error) || !retried.includes(error.code) || deadline.passed()) {
      throw error;
    }
    deps.report.progress(`${error.message.replace(/\.$/, '')}; reading ${machine.name} again`);
    await deadline.pause(options.pollIntervalMs, error.retryAfterMs);
    return {};
  }
}

function refuseDeleting({ name, provisioningState, resourceId }: Machine): void {
  if (provisioningState.toLowerCase() !== 'deleting') {
    return;
  }
  throw new PodidError('MachineStateForbids', `${name} is being deleted.`, {
    hint: advice`${command('podid node list')}  # shows what is there when it is gone.`,
    target: resourceId,
  });
}
