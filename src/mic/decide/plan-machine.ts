import {
  changingPatch,
  type IdentityPatch,
  identitiesPerRequest,
} from '../../domain/azure/machine-identities.ts';
import type { Machine } from '../../domain/azure/machines.ts';

/** Everything that decides what a machine is to be sent next. Keys are ids in lower case. */
export interface MachineFacts {
  /** As last read; undefined when that is unknown or not to be relied on. */
  readonly machine: Machine | undefined;
  /** What pods on it need, each with its id as somebody wrote it. */
  readonly wanted: ReadonlyMap<string, string>;
  /** What pods without a node may come back for. */
  isKept(key: string): boolean;
  /** What podid's ledger says podid has added. */
  readonly owned: ReadonlySet<string>;
  /** By key: when podid first saw that nobody needs it; monotonic milliseconds. */
  readonly unneededSince: ReadonlyMap<string, number>;
  /** Undefined: nothing is ever removed. */
  readonly removalDelayMs: number | undefined;
  isProtected(key: string): boolean;
  /** False while a removal of most of the cluster's identities waits for its second look. */
  mayRemove(key: string): boolean;
  /** Identities that Azure refused here, and when each is tried again. */
  readonly refusedUntil: ReadonlyMap<string, number>;
  /** What a refused change that named no identity is split into; tried one after the other. */
  readonly groups: readonly (readonly string[])[];
  /** Whose an identity is: the namespaces whose pods need it. */
  ownerOf(key: string): string;
  /** Before that the machine is left alone. */
  readonly notBeforeMs: number;
  readonly nowMs: number;
}

export type MachinePlan =
  /** The machine has to be read first. */
  | { readonly kind: 'read' }
  /** Another operation runs on it. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'being-deleted' }
  /** Nothing is left to be done before `untilMs`; undefined: before something changes. */
  | { readonly kind: 'wait'; readonly untilMs: number | undefined }
  /** Something is, and the machine is left alone until then. */
  | { readonly kind: 'paused'; readonly untilMs: number }
  | {
      readonly kind: 'change';
      readonly add: readonly string[];
      readonly remove: readonly string[];
      readonly identity: IdentityPatch;
    };

/**
 * What to send a machine now. Additions go before removals, identities that Azure has refused here go alone,
 * and what nobody needs goes after the delay, together with whatever is sent then.
 */
export function planMachine(facts: MachineFacts): MachinePlan {
  const { machine, wanted, owned, nowMs, notBeforeMs } = facts;
  if (machine === undefined) {
    return wanted.size + owned.size === 0 ? idle : later(facts, { kind: 'read' });
  }
  const add = additions(facts, machine);
  const removals = dueRemovals(facts, machine);
  const remove = removals.due.slice(0, identitiesPerRequest - add.now.length);
  const identity = changingPatch(machine, { add: add.now, remove });
  if (identity === undefined) {
    return { kind: 'wait', untilMs: earliest([...add.later, ...removals.later]) };
  }
  if (nowMs < notBeforeMs) {
    return { kind: 'paused', untilMs: notBeforeMs };
  }
  if (machine.provisioningState.toLowerCase() === 'deleting') {
    return { kind: 'being-deleted' };
  }
  return isBusy(machine) ? { kind: 'busy' } : { kind: 'change', add: add.now, remove, identity };
}

/** Its last change did not come to its end. */
export function hasFailed({ provisioningState }: Machine): boolean {
  return ['failed', 'canceled'].includes(provisioningState.toLowerCase());
}

/** Whether an operation runs on the machine. */
export function isBusy({ provisioningState }: Machine): boolean {
  return ['updating', 'creating', 'migrating'].includes(provisioningState.toLowerCase());
}

const idle: MachinePlan = { kind: 'wait', untilMs: undefined };

function later({ nowMs, notBeforeMs }: MachineFacts, plan: MachinePlan): MachinePlan {
  return nowMs < notBeforeMs ? { kind: 'paused', untilMs: notBeforeMs } : plan;
}

/** Ids to add now, and when others are due. */
function additions(
  { wanted, refusedUntil, groups, ownerOf, nowMs }: MachineFacts,
  machine: Machine,
): { readonly now: readonly string[]; readonly later: readonly number[] } {
  const carried = keysOf(machine);
  const lacking = [...wanted.keys()].filter((key) => !carried.has(key));
  const good = lacking.filter((key) => !refusedUntil.has(key));
  const group = groups
    .map((keys) => keys.filter((key) => good.includes(key)))
    .find((keys) => keys.length > 0);
  const split = new Set(groups.flat());
  const untried = good.filter((key) => !split.has(key));
  const suspects = new Set([...split].map(ownerOf));
  // Nobody waits until those of another namespace are tried one by one.
  const others = untried.filter((key) => !suspects.has(ownerOf(key)));
  const fresh = others.length > 0 ? others : (group ?? untried);
  const refused = lacking.filter((key) => refusedUntil.has(key));
  const due = refused.filter((key) => (refusedUntil.get(key) ?? 0) <= nowMs);
  const keys = fresh.length > 0 ? fresh : due.slice(0, 1);
  return {
    now: keys.slice(0, identitiesPerRequest).map((key) => wanted.get(key) ?? key),
    later: refused.map((key) => refusedUntil.get(key) ?? 0).filter((atMs) => atMs > nowMs),
  };
}

/** Ids, as the machine writes them, that podid added, nobody needs, and the delay is over for. */
function dueRemovals(
  facts: MachineFacts,
  machine: Machine,
): { readonly due: readonly string[]; readonly later: readonly number[] } {
  const { removalDelayMs, unneededSince, nowMs } = facts;
  if (removalDelayMs === undefined) {
    return { due: [], later: [] };
  }
  const due: string[] = [];
  const later: number[] = [];
  for (const id of removable(facts, machine)) {
    const since = unneededSince.get(id.toLowerCase());
    const atMs = (since ?? nowMs) + removalDelayMs;
    if (atMs > nowMs) {
      later.push(atMs);
    } else if (facts.mayRemove(id.toLowerCase())) {
      due.push(id);
    }
  }
  return { due, later };
}

/** What podid put there and nobody needs: ids as the machine writes them. */
export function removable(
  { owned, wanted, isKept, isProtected }: Pick<MachineFacts, 'owned' | 'wanted' | 'isKept' | 'isProtected'>,
  machine: Machine,
): string[] {
  return machine.identityIds.filter((id) => {
    const key = id.toLowerCase();
    return owned.has(key) && !wanted.has(key) && !isKept(key) && !isProtected(key);
  });
}

export function keysOf({ identityIds }: Pick<Machine, 'identityIds'>): Set<string> {
  return new Set(identityIds.map((id) => id.toLowerCase()));
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}
