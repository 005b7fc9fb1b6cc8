import type { AzureIdentity } from '../domain/kubernetes/identity-resources.ts';
import type { Clock } from '../domain/time/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { AssignmentApi } from './cluster/assignment-api.ts';
import { type AssignmentKeeper, createAssignmentKeeper } from './cluster/assignment-keeper.ts';
import { createAssignmentWriter } from './cluster/assignment-writer.ts';
import type { EventWriter } from './cluster/event-writer.ts';
import type { MicView, ViewListener } from './cluster/mic-view.ts';
import { podKeyOf } from './cluster/pod-index.ts';
import { PodReports } from './cluster/pod-reports.ts';
import { decisionFacts, type FactSettings } from './decision-facts.ts';
import type { Lead } from './lead/election.ts';
import { LeadLost, type Ledger, type LedgerStore, type NotStored, openLedger } from './machines/ledger.ts';
import type { MachineApi } from './machines/machine-api.ts';
import { createMachineBook } from './machines/machine-book.ts';
import { createMachineFleet, type FleetDeps, type MachineFleet } from './machines/machine-fleet.ts';
import { createWriteBudget } from './machines/write-budget.ts';
import type { MicMetrics } from './observe/mic-metrics.ts';

export interface ControlDeps {
  readonly view: MicView;
  readonly machines: MachineApi;
  readonly assignments: AssignmentApi;
  readonly ledger: LedgerStore;
  readonly notStored: NotStored;
  readonly events: Pick<EventWriter, 'tell'>;
  readonly metrics: MicMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: ControlSettings;
}

export interface ControlSettings extends FactSettings {
  readonly reconcileMs: number;
  readonly removalDelayMs: number | undefined;
  readonly writes: { readonly perSecond: number; readonly atOnce: number };
  /** Whether a client id or the id of a resource, in lower case, is never taken off a machine. */
  isProtected(text: string): boolean;
}

/** What works while this process leads, for whoever shows it. */
export interface Working {
  readonly keeper: AssignmentKeeper;
  readonly fleet: MachineFleet;
}

/** Hands on what changes in the cluster to what works, while something does. */
export class ViewRelay implements ViewListener {
  working: Working | undefined;
  /** The view is made with its listener, and so comes after it. */
  view: Pick<MicView, 'pods' | 'bindings'> | undefined;

  podChanged(podKey: string): void {
    this.working?.keeper.mark(podKey);
  }

  selectorChanged(selector: string): void {
    this.#markLabels(new Set([selector]));
  }

  identityChanged({ metadata, spec }: AzureIdentity): void {
    this.working?.fleet.forgive((spec.resourceID ?? '').toLowerCase());
    this.#markLabels(this.view?.bindings.selectorsOf(podKeyOf(metadata)) ?? new Set());
  }

  nodeChanged(node: string): void {
    this.working?.keeper.markNode(node);
  }

  #markLabels(selectors: ReadonlySet<string>): void {
    const { working, view } = this;
    for (const selector of selectors) {
      for (const key of view?.pods.withLabel(selector) ?? []) {
        working?.keeper.mark(key);
      }
    }
  }
}

/**
 * Controls for as long as this process leads. @throws LeadLost where another one does, and what the ledger's
 * store throws
 */
export async function control(
  deps: ControlDeps,
  relay: Pick<ViewRelay, 'working'>,
  lead: Lead,
  signal: AbortSignal,
): Promise<void> {
  const ledger = await openLedger(deps.ledger, deps.notStored, signal);
  const machines = Object.keys(ledger.state.machines).length;
  deps.metrics.elected();
  deps.logger.info({ epoch: ledger.state.epoch, machines }, 'the ledger is open');
  const working = assemble(deps, ledger, lead, signal);
  relay.working = working;
  try {
    await Promise.all([working.fleet.run(signal), working.keeper.run(signal)]);
  } finally {
    relay.working = undefined;
  }
}

function assemble(deps: ControlDeps, ledger: Ledger, lead: Lead, signal: AbortSignal): Working {
  const { view, clock, settings, logger, metrics, machines } = deps;
  const mayWrite = () => lead.mayWrite();
  const book = createMachineBook({
    api: machines,
    clock,
    onRead: (ids) => {
      // What comes in after the lead has ended is not for what that lead knew.
      for (const id of signal.aborted ? [] : ids) {
        fleet.workers.get(id)?.hear();
        keeper.markMachine(id);
      }
    },
  });
  const fleet: MachineFleet = createMachineFleet({
    ...reporting(deps, lead),
    api: machines,
    book,
    ledger,
    budget: createWriteBudget(clock),
    clock,
    reconcileMs: settings.reconcileMs,
    removalDelayMs: settings.removalDelayMs,
    mayWrite,
    isProtected: settings.isProtected,
    onChange: (machineId) => keeper.markMachine(machineId),
  });
  const reports = new PodReports(deps.events, fleet);
  const writer = createAssignmentWriter({
    api: deps.assignments,
    live: view.live,
    clock,
    limits: settings.writes,
    mayWrite,
    onStep(step, outcome, ms) {
      metrics.step(step.kind, outcome, ms);
      if (outcome === 'written') {
        reports.written(step);
      }
    },
    onDone: (podKey) => keeper.mark(podKey),
    onTrouble: (podKey, error) =>
      logger.warn({ pod: podKey, error: String(error).slice(0, 300) }, 'an assignment cannot be written'),
  });
  const keeper: AssignmentKeeper = createAssignmentKeeper({
    view,
    fleet,
    writer,
    clock,
    facts: decisionFacts(view, settings),
    onDecided: (outcome) => reports.decided(outcome),
    onRound: (ms) => metrics.decided(ms),
  });
  return { keeper, fleet };
}

function reporting(
  { logger, metrics }: Pick<ControlDeps, 'logger' | 'metrics'>,
  lead: Lead,
): Pick<FleetDeps, 'onLeadLost' | 'onPatched' | 'onMassRemoval'> {
  return {
    onLeadLost: () => lead.giveUp(new LeadLost('Another leader has opened the ledger.')),
    onPatched(outcome) {
      metrics.patched(outcome);
      logger.info({ ...outcome, ms: Math.round(outcome.ms) }, 'a change of a machine was sent');
    },
    onMassRemoval: (count) =>
      logger.warn(
        { count },
        'most of the identities that podid put on machines are not needed any more; they are read again in 5 minutes before they go',
      ),
  };
}
