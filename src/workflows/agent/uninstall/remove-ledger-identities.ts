import { carriedAmong } from '../../../domain/azure/machine-identities.ts';
import type { Machines } from '../../../domain/azure/machines.ts';
import type { StoredLedger } from '../../../domain/kubernetes/agent-cluster.ts';
import { ledgerPlace } from '../../../domain/standard-mode/controller.ts';
import { countOwned, ownedIn, withoutMachine } from '../../../domain/standard-mode/ledger-state.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { advice, type Command } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import { changeMachine } from '../../nodes/change-machine.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';

/** What becomes of one machine on which the ledger says podid put identities. */
export interface CleanedMachine {
  /** Its ARM id. */
  readonly resource: string;
  /** Ids of what podid put there: what went, or would go, or is left. */
  readonly identities: readonly string[];
  /** Carries none of them any more. */
  readonly clean: boolean;
  /** Why it is not, or that it is gone itself. */
  readonly reason?: string;
}

/** With what machines are changed. */
export interface MachineAccess {
  readonly machines: Machines;
  readonly pollIntervalMs: number;
}

const ledgerText = `ConfigMap ${ledgerPlace.namespace}/${ledgerPlace.name}`;
const ledgerRef = { apiVersion: 'v1', kind: 'ConfigMap', ...ledgerPlace } as const;

/** What would go, by the ledger alone: Azure is not asked. */
export function planRemoval({ state }: StoredLedger): readonly CleanedMachine[] {
  return Object.keys(state.machines).map((resource) => ({
    resource,
    identities: [...ownedIn(state, resource)],
    clean: false,
    reason: 'would be removed',
  }));
}

/** `3 identities that podid put on 2 machines`; undefined where there are none. */
export function ownedText(ledger: StoredLedger | undefined): string | undefined {
  const count = ledger === undefined ? 0 : countOwned(ledger.state);
  if (ledger === undefined || count === 0) {
    return undefined;
  }
  const machines = Object.keys(ledger.state.machines).length;
  return `${count === 1 ? '1 identity' : `${count} identities`} that podid put on ${machines === 1 ? '1 machine' : `${machines} machines`}`;
}

/**
 * Undefined where nothing is to be undone, and no controller goes or its ledger may not be read.
 * @param removes what it says is to be removed
 * @param goes a controller goes with the agent, or may have gone before it
 */
export async function ledgerOfInstallation(
  { agent }: AgentDeps,
  { removes, goes }: { readonly removes: boolean; readonly goes: boolean },
  signal: AbortSignal,
): Promise<StoredLedger | undefined> {
  if (removes) {
    return await agent.ledger(signal);
  }
  if (!goes) {
    return undefined;
  }
  return await agent.ledger(signal).catch((error: unknown) => {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    return undefined;
  });
}

/** As many as somebody reads; the ledger has them all. */
const shownMachines = 20;
const shownIdentities = 10;

/** Says what stays on which machine, and what removes it. */
export function reportLeft({ report }: AgentDeps, ledger: StoredLedger | undefined, again: Command): void {
  const left = ownedText(ledger);
  if (ledger === undefined || left === undefined) {
    return;
  }
  report.note(`Left: ${left}, and the ledger that says which.`);
  const machines = Object.keys(ledger.state.machines).map((id) => {
    const names = [...ownedIn(ledger.state, id)].map(nameOf);
    return `${nameOf(id)} carries ${firstOf(names, shownIdentities, 'identities')}.`;
  });
  for (const line of machines.slice(0, shownMachines)) {
    report.note(line);
  }
  if (machines.length > shownMachines) {
    report.note(`${machines.length - shownMachines} more machines carry some: ${ledgerText}.`);
  }
  report.note(advice`To remove exactly those: ${again}`);
}

function firstOf(names: readonly string[], most: number, what: string): string {
  const more = names.length > most ? ` and ${names.length - most} more ${what}` : '';
  return `${names.slice(0, most).join(', ')}${more}`;
}

/**
 * Takes from the machines what the ledger says podid put there and nothing else, machine by machine out of the
 * ledger, too, and at last the ledger. A machine that fails keeps its place in it, for the next time.
 *
 * @throws the signal's reason; PodidError AgentRefused where a controller writes the ledger meanwhile
 */
export async function removeLedgerIdentities(
  deps: AgentDeps,
  { machines, pollIntervalMs }: MachineAccess,
  { timeoutMs, signal }: AgentWait,
): Promise<readonly CleanedMachine[]> {
  const { agent, clock, report } = deps;
  const found = await agent.ledger(signal);
  if (found === undefined) {
    report.note(
      `There is no ledger (${ledgerText}): nothing on machines is known to be podid's, and nothing is removed from them.`,
    );
    return [];
  }
  const change = {
    azure: { machines },
    options: { pollIntervalMs, noWait: false },
    deadline: startDeadline(clock, timeoutMs, signal),
    report,
    signal,
  };
  const forget = forgetful(deps, found, signal);
  const cleaned = await eachConcurrently(Object.keys(found.state.machines), async (resource) => {
    const identities = [...ownedIn(found.state, resource)];
    try {
      const machine = await machines.get(resource, signal);
      const carried = carriedAmong(machine, identities);
      await changeMachine(change, machine, { action: 'remove', identityIds: identities });
      await forget(resource);
      return { resource: machine.resourceId, identities: carried, clean: true };
    } catch (error) {
      if (isPodidError(error, 'MachineNotFound')) {
        await forget(resource);
        return { resource, identities: [], clean: true, reason: 'the machine is gone' };
      }
      // The ledger's own write failed: then nothing may go on.
      const ofLedger = isPodidError(error, 'AgentRefused');
      if (signal.aborted || ofLedger || !isPodidError(error)) {
        throw error;
      }
      return { resource, identities, clean: false, reason: error.message };
    }
  });
  if (cleaned.every(({ clean }) => clean)) {
    await agent.remove(ledgerRef, signal);
  }
  return cleaned;
}

/** Writes of the ledger, one after the other: each is for the version that the one before left. */
function forgetful({ agent }: AgentDeps, found: StoredLedger, signal: AbortSignal) {
  let kept = Promise.resolve(found);
  return async (resource: string): Promise<void> => {
    kept = kept.then(({ state, version }) =>
      agent.keepLedger({ state: withoutMachine(state, resource), version }, signal),
    );
    await kept;
  };
}

/** Undefined where every machine is clean. */
export function machinesMissed(machines: readonly CleanedMachine[], again: Command): PodidError | undefined {
  const missed = machines.filter(({ clean }) => !clean);
  if (missed.length === 0) {
    return undefined;
  }
  const lines = missed.map(({ resource, reason }) => `${nameOf(resource)}: ${reason}`);
  return new PodidError(
    'CleanUpIncomplete',
    `${missed.length} of ${machines.length} machines may still carry identities that podid put there: ${lines.slice(0, 5).join('; ')}${lines.length > 5 ? ` and ${lines.length - 5} more` : ''}`,
    {
      hint: again,
      details: missed.map(({ resource, reason }) => ({
        code: 'MachineMissed',
        message: `${resource}: ${reason}`,
      })),
    },
  );
}

function nameOf(resourceId: string): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1);
}
