import type { Machine } from '../../domain/azure/machines.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { Judgement } from '../decide/judge-machine-fault.ts';
import type { MachinePlan } from '../decide/plan-machine.ts';
import type { Ledger } from './ledger.ts';
import type { MachineApi } from './machine-api.ts';
import type { KnownMachine, MachineBook } from './machine-book.ts';
import type { WriteBudget } from './write-budget.ts';

/** What all workers have in common. */
export interface WorkerDeps {
  readonly api: Pick<MachineApi, 'patch' | 'follow'>;
  readonly book: MachineBook;
  readonly ledger: Ledger;
  readonly budget: WriteBudget;
  readonly clock: Clock;
  /** False from the moment on at which somebody else may lead. */
  mayWrite(): boolean;
  isKept(key: string): boolean;
  /** False until every pod has been decided by this leader: what nobody seems to need then may be needed. */
  knowsNeeds(): boolean;
  /** The namespaces whose pods need the identity on the machine, as one text. */
  ownerOf(machineId: string, key: string): string;
  isProtected(key: string, machine: Machine): boolean;
  mayRemove(machineId: string, key: string): boolean;
  readonly removalDelayMs: number | undefined;
  /** Something that assignments show has changed. */
  onChange(machineId: string): void;
  onLeadLost(): void;
  onPatched(outcome: PatchOutcome): void;
}

export interface PatchOutcome {
  readonly machineId: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** How many of those to add podid had put there before: others have taken them off. */
  readonly putBack: number;
  readonly judgement: 'done' | Judgement['kind'] | 'unknown';
  readonly ms: number;
}

/** A change, and the machine as it was read that it is for. */
export interface PlannedChange {
  readonly known: KnownMachine;
  readonly plan: Extract<MachinePlan, { kind: 'change' }>;
}
