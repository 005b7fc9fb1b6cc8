/** What podid has put on one machine. Keys are ids of identities in lower case. */
export interface LedgerEntry {
  readonly on: readonly string[];
  /** A change that was begun and is not known to have ended. */
  readonly doing?: { readonly add: readonly string[]; readonly remove: readonly string[] };
}

/** What podid put where, by machines' ids in lower case. It outlives nodes, assignments and leaders. */
export interface LedgerState {
  /** One more with each leader: whoever holds an older one has been replaced. */
  readonly epoch: number;
  readonly machines: Readonly<Record<string, LedgerEntry>>;
}

export const emptyLedger: LedgerState = { epoch: 0, machines: {} };

/** Whatever podid has added, as far as the ledger knows: a change that was begun may have been done. */
export function ownedIn({ machines }: LedgerState, machineId: string): ReadonlySet<string> {
  const { on = [], doing } = (Object.hasOwn(machines, machineId) ? machines[machineId] : undefined) ?? {};
  return new Set([...on, ...(doing?.add ?? [])]);
}

export function countOwned(state: LedgerState): number {
  return Object.keys(state.machines).reduce((sum, id) => sum + ownedIn(state, id).size, 0);
}

/** Before a change is sent. */
export function withBegun(
  state: LedgerState,
  machineId: string,
  change: { readonly add: readonly string[]; readonly remove: readonly string[] },
): LedgerState {
  const { on = [] } = entryOf(state, machineId) ?? {};
  return withEntry(state, machineId, { on, doing: change });
}

/** Once the change has ended: whatever podid owns there, it has put there. */
export function withSettled(state: LedgerState, machineId: string): LedgerState {
  const on = [...ownedIn(state, machineId)].sort();
  return on.length === 0 ? withoutMachine(state, machineId) : withEntry(state, machineId, { on });
}

/** Without what podid put on these machines: from now on it is of whoever else wants it there. Keys in lower case. */
export function withoutOwned(
  state: LedgerState,
  machineIds: readonly string[],
  keys: readonly string[],
): LedgerState {
  return machineIds.reduce((before, id) => keepingOwned(before, id, (key) => !keys.includes(key)), state);
}

/** Of what podid owned only what it owns in the ledger that was found: somebody else has taken out the rest. */
export function withOwnedIn(state: LedgerState, found: LedgerState): LedgerState {
  return Object.keys(state.machines).reduce((before, id) => {
    const left = ownedIn(found, id);
    return keepingOwned(before, id, (key) => left.has(key));
  }, state);
}

function keepingOwned(state: LedgerState, machineId: string, keeps: (key: string) => boolean): LedgerState {
  const entry = entryOf(state, machineId);
  if (entry === undefined || [...ownedIn(state, machineId)].every(keeps)) {
    return state;
  }
  const { doing } = entry;
  const on = entry.on.filter(keeps);
  if (doing !== undefined) {
    return withEntry(state, machineId, { on, doing: { ...doing, add: doing.add.filter(keeps) } });
  }
  return on.length === 0 ? withoutMachine(state, machineId) : withEntry(state, machineId, { on });
}

/** The machine is gone, or podid has nothing on it. */
export function withoutMachine(state: LedgerState, machineId: string): LedgerState {
  const { [machineId]: _gone, ...machines } = state.machines;
  return { ...state, machines };
}

export function entryOf({ machines }: LedgerState, machineId: string): LedgerEntry | undefined {
  return Object.hasOwn(machines, machineId) ? machines[machineId] : undefined;
}

function withEntry(state: LedgerState, machineId: string, entry: LedgerEntry): LedgerState {
  return { ...state, machines: { ...state.machines, [machineId]: entry } };
}
