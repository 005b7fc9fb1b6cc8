import { changingPatch } from '../../domain/azure/machine-identities.ts';
import { machineOfNode } from '../../domain/azure/machines.ts';
import { type LedgerState, ownedIn } from '../../domain/standard-mode/ledger-state.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { createAssignmentKeeper } from '../cluster/assignment-keeper.ts';
import type { AssignmentWriter } from '../cluster/assignment-writer.ts';
import type { MicView } from '../cluster/mic-view.ts';
import type { ControlSettings } from '../control.ts';
import type { AssignmentStep } from '../decide/diff-assignments.ts';
import { isBusy, removable } from '../decide/plan-machine.ts';
import { decisionFacts } from '../decision-facts.ts';
import type { MachineApi } from '../machines/machine-api.ts';
import { createMachineBook, type KnownMachine } from '../machines/machine-book.ts';
import { createMachineFleet, type MachineFleet } from '../machines/machine-fleet.ts';
import { createWriteBudget } from '../machines/write-budget.ts';

/** What podid-mic would do. */
export interface MicPlan {
  readonly assignments: readonly {
    readonly action: AssignmentStep['kind'];
    readonly namespace: string;
    readonly name: string;
    /** That the assignment would have; absent where it goes. */
    readonly state?: string;
  }[];
  readonly machines: readonly {
    readonly id: string;
    readonly add: readonly string[];
    /** What podid added and nobody needs; it goes after the removal delay. */
    readonly remove: readonly string[];
    /**
     * What no pod needs and podid did not put there, as upstream's MIC leaves it; podid never takes it off. What lies in
     * the machine's own resource group is AKS's.
     */
    readonly unneeded: readonly string[];
    readonly trouble?: string;
  }[];
  /** Pods that ask for an identity and get none, or not all. */
  readonly pods: readonly { readonly namespace: string; readonly name: string; readonly reason: string }[];
}

export interface PlanSources {
  /** With every list in. */
  readonly view: MicView;
  readonly machines: MachineApi;
  readonly ledger: LedgerState;
  readonly clock: Clock;
  readonly settings: ControlSettings;
}

/** Decides as the leader does, with a writer that writes nothing. @throws the signal's reason */
export async function planCluster(sources: PlanSources, signal: AbortSignal): Promise<MicPlan> {
  const { view, machines, ledger, clock, settings } = sources;
  const steps: AssignmentStep[] = [];
  const book = createMachineBook({ api: machines, clock, onRead: () => undefined });
  const fleet = idleFleet(sources, book);
  const facts = decisionFacts(view, settings);
  const keeper = createAssignmentKeeper({
    view,
    fleet,
    writer: notingWriter(steps),
    clock,
    facts,
    onDecided: () => undefined,
    onRound: () => undefined,
  });
  const decideAll = () => {
    steps.splice(0);
    keeper.markAll();
    keeper.decide(signal);
  };
  // The first time says which machines matter, the second what the assignments can say of them.
  decideAll();
  const sinceMs = clock.monotonic();
  const ofNodes = [...view.nodes.values()].flatMap(({ providerId }) => {
    const id = machineOfNode(providerId)?.toLowerCase();
    return id !== undefined && facts.mayChange(id) ? [id] : [];
  });
  const ids = [...new Set([...fleet.machineIds, ...Object.keys(ledger.machines), ...ofNodes])].sort();
  const planned = await Promise.all(
    ids.map(async (id) => {
      const read = await book.readSince(id, sinceMs, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        return error instanceof Error ? error : new Error(String(error));
      });
      return planOf(id, read, { fleet, ledger, settings });
    }),
  );
  decideAll();
  return {
    assignments: steps.map((step) => ({
      action: step.kind,
      ...step.at,
      ...(step.kind === 'delete' ? {} : { state: step.shown.state }),
    })),
    machines: planned.filter(
      ({ add, remove, unneeded, trouble }) =>
        add.length + remove.length + unneeded.length > 0 || trouble !== undefined,
    ),
    pods: [...keeper.outcomes.values()].flatMap(({ pod, wants }) =>
      pod === undefined
        ? []
        : wants.refusals.map(({ message }) => ({
            namespace: pod.namespace,
            name: pod.name,
            reason: message,
          })),
    ),
  };
}

function planOf(
  id: string,
  read: KnownMachine | undefined | Error,
  { fleet, ledger, settings }: { readonly fleet: MachineFleet } & Pick<PlanSources, 'ledger' | 'settings'>,
): MicPlan['machines'][number] {
  if (read === undefined || read instanceof Error) {
    return { id, add: [], remove: [], unneeded: [], trouble: read?.message ?? 'Azure has no such machine.' };
  }
  const wanted = fleet.neededOn(id);
  const { machine } = read;
  const owned = ownedIn(ledger, id);
  const due = removable(
    {
      owned,
      wanted,
      isKept: (key) => fleet.isKept(key),
      isProtected: (key) => settings.isProtected(key),
    },
    machine,
  );
  const remove = settings.removalDelayMs === undefined ? [] : due;
  const { userAssignedIdentities = {} } =
    changingPatch(machine, { add: [...wanted.values()], remove: [] }) ?? {};
  const add = Object.keys(userAssignedIdentities);
  const unneeded = machine.identityIds.filter((each) => {
    const key = each.toLowerCase();
    const clientId = machine.identityClientIds?.[each]?.toLowerCase() ?? '';
    return !(
      owned.has(key) ||
      wanted.has(key) ||
      fleet.isKept(key) ||
      settings.isProtected(key) ||
      settings.isProtected(clientId) ||
      groupOf(key) === groupOf(id)
    );
  });
  const isWaiting = add.length + remove.length > 0 && isBusy(machine);
  return {
    id,
    add,
    remove,
    unneeded,
    ...(isWaiting ? { trouble: 'Another operation is running on the machine.' } : {}),
  };
}

/** Of an id in lower case: what names its resource group. */
function groupOf(key: string): string {
  return key.split('/providers/')[0] ?? '';
}

function notingWriter(steps: AssignmentStep[]): AssignmentWriter {
  return {
    isFree: () => true,
    submit: (_podKey, more) => {
      steps.push(...more);
    },
    hasRoom: true,
    idle: () => Promise.resolve(),
  };
}

/** Counts what pods need, and has no workers. */
function idleFleet(
  { machines, ledger, clock, settings }: PlanSources,
  book: ReturnType<typeof createMachineBook>,
): MachineFleet {
  return createMachineFleet({
    api: machines,
    book,
    ledger: {
      state: ledger,
      edit: () => Promise.resolve(),
      disown: () => undefined,
      isBehind: () => false,
    },
    budget: createWriteBudget(clock),
    clock,
    reconcileMs: settings.reconcileMs,
    removalDelayMs: settings.removalDelayMs,
    mayWrite: () => false,
    isProtected: settings.isProtected,
    onChange: () => undefined,
    onLeadLost: () => undefined,
    onPatched: () => undefined,
    onMassRemoval: () => undefined,
  });
}
