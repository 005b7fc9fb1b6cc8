import { identitiesPerRequest } from '../../domain/machine-identities.ts';
import type { Machine } from '../../domain/machines.ts';
import type { Operation } from '../../domain/ports.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ChangeSession } from '../change-session.ts';
import { idsToSend, type WantedChange } from './machine-change.ts';

/**
 * Sends one machine what it is left to be sent, and follows each request to its end; the last one under `--no-wait` is only sent. What
 * Azure may have done without saying so is read back, never guessed.
 *
 * @returns the machine as last read
 * @throws PodidError MachineStateForbids | MachineBusy | StaleMachine | AssignForbidden | AssignRefused | MachineNotFound | EntryFailed |
 *   Unavailable, and the signal's reason
 */
export async function changeMachine(
  session: ChangeSession,
  machine: Machine,
  wanted: WantedChange,
): Promise<Machine> {
  let current = machine;
  let leftBefore = Infinity;
  for (;;) {
    const left = idsToSend(current, wanted);
    if (left.length === 0) return current;
    refuseDeleting(current);
    if (left.length >= leftBefore) await waitForEffect(session, current);
    const sent = await send(session, current, {
      ...wanted,
      identityIds: left.slice(0, identitiesPerRequest),
    });
    if (sent.accepted !== undefined && session.options.noWait && left.length <= identitiesPerRequest)
      return sent.accepted;
    if (sent.accepted !== undefined) leftBefore = left.length;
    current = await settled(session, current);
  }
}

/** Azure accepted a request and its answers do not show it yet: they may lag, and asking on at once would be a storm. */
async function waitForEffect({ options, deadline }: ChangeSession, machine: Machine): Promise<void> {
  if (!deadline.passed()) return deadline.pause(options.pollIntervalMs);
  throw new PodidError(
    'EntryFailed',
    `Azure accepted the change of ${machine.name}, which does not show it.`,
    {
      hint: 'podid node list shows what is there; the same command tries again.',
      target: machine.resourceId,
    },
  );
}

/**
 * One request. A machine that is busy, that changed meanwhile or whose answer was lost is for the caller to read again.
 *
 * @returns the machine as Azure accepted it; nothing when it has to be read again
 */
async function send(
  session: ChangeSession,
  machine: Machine,
  { action, identityIds }: WantedChange,
): Promise<{ readonly accepted?: Machine }> {
  const { workplace, options, deadline } = session;
  const { machines } = workplace.azure;
  workplace.report.progress(`Changing the identities of ${machine.name}`);
  try {
    const change =
      action === 'assign'
        ? await machines.assignIdentities(machine, identityIds, options.signal)
        : await machines.removeIdentities(machine, identityIds, options.signal);
    if (change.operation !== undefined && !options.noWait)
      await followMachine(session, machine, change.operation);
    return { accepted: change.machine };
  } catch (error) {
    const retried = ['StaleMachine', 'Unavailable', ...(options.noWait ? [] : ['MachineBusy'])];
    if (!isPodidError(error) || !retried.includes(error.code) || deadline.passed()) throw error;
    await deadline.pause(error.retryAfterMs ?? options.pollIntervalMs);
    return {};
  }
}

/** Reads the machine until nothing is under way on it. */
async function settled(session: ChangeSession, machine: Machine): Promise<Machine> {
  const { workplace, options, deadline } = session;
  for (;;) {
    const current = await workplace.azure.machines.get(machine.resourceId, options.signal);
    if (!/^(?:updating|creating|migrating)$/i.test(current.provisioningState)) return current;
    if (deadline.passed()) {
      throw new PodidError(
        'MachineBusy',
        `${machine.name} is still in state ${current.provisioningState} at the end of --timeout.`,
        { hint: 'The same command goes on where this one ended.', target: machine.resourceId },
      );
    }
    workplace.report.progress(`Waiting for ${machine.name}: ${current.provisioningState}`);
    await deadline.pause(options.pollIntervalMs);
  }
}

/** @throws PodidError EntryFailed when the operation ends as anything but Succeeded */
export async function followMachine(
  session: ChangeSession,
  { name, resourceId }: Pick<Machine, 'name' | 'resourceId'>,
  operation: Operation,
): Promise<void> {
  const { workplace, options, deadline } = session;
  const end = await deadline.within((signal) =>
    workplace.azure.machines.follow(operation, {
      pollIntervalMs: options.pollIntervalMs,
      onStatus: (status) => workplace.report.progress(`Azure works on ${name}: ${status}`),
      signal,
    }),
  );
  if (end.status === 'Succeeded') return;
  const reason = end.error ? `${end.error.code}: ${end.error.message}` : 'Azure gave no reason';
  throw new PodidError('EntryFailed', `The change of ${name} ended as ${end.status}: ${reason}`, {
    hint: 'The same command tries again.',
    target: resourceId,
  });
}

function refuseDeleting({ name, provisioningState, resourceId }: Machine): void {
  if (provisioningState.toLowerCase() !== 'deleting') return;
  throw new PodidError('MachineStateForbids', `${name} is being deleted.`, {
    hint: 'podid node list shows what is there when it is gone.',
    target: resourceId,
  });
}
