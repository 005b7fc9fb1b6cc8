import { setMaxListeners } from 'node:events';
import { type ControlSettings, control } from '../../src/mic/control.ts';
import type { NotStored } from '../../src/mic/machines/ledger.ts';
import { createMicMetrics } from '../../src/mic/observe/mic-metrics.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { type HandClock, handClock, settle } from '../domain/time/hand-clock.ts';
import { bindingTo, identity, micPod, nodeOf, scaleSetId } from './decide/mic-objects.ts';
import { type FakeAzure, fakeAzure } from './fake-azure.ts';
import { type FakeCluster, fakeCluster } from './fake-cluster.ts';

/** A controller with a cluster and an Azure as plain objects, and a clock that the test moves. */
export interface MicBench {
  readonly clock: HandClock;
  readonly azure: FakeAzure;
  readonly cluster: FakeCluster;
  /** Starts a controller; one that runs is killed first: nothing that it only remembers is left. */
  restart(): Promise<void>;
  /** Ends the lead and takes it again: the process, and what it keeps for its next lead, stays. */
  leadAgain(): Promise<void>;
  stop(): Promise<void>;
  /** State of each assignment by its name. */
  states(): Record<string, string | undefined>;
}

export const minute = 60_000;
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export function micBench(settings: Partial<ControlSettings> = {}): MicBench {
  const clock = handClock();
  const azure = fakeAzure(clock);
  const cluster = fakeCluster();
  let notStored: NotStored = new Set();
  let running: { stop: AbortController; ended: Promise<unknown> } | undefined;
  const stop = async () => {
    running?.stop.abort(new Error('It is killed.'));
    await settle();
    await running?.ended;
    running = undefined;
  };
  const bench: MicBench = {
    clock,
    azure,
    cluster,
    stop,
    async restart() {
      notStored = new Set();
      await bench.leadAgain();
    },
    async leadAgain() {
      await stop();
      const { view, relay } = cluster.watch();
      const killed = new AbortController();
      setMaxListeners(0, killed.signal);
      const lead = {
        mayWrite: () => !killed.signal.aborted,
        giveUp: (reason: Error) => killed.abort(reason),
      };
      const deps = {
        view,
        machines: azure,
        assignments: cluster.api,
        ledger: cluster.store,
        notStored,
        events: { tell: (event: (typeof cluster.events)[number]) => void cluster.events.push(event) },
        metrics: createMicMetrics(createMetrics()),
        clock,
        logger: quiet,
        settings: {
          forceNamespaced: true,
          groups: [],
          reconcileMs: 3 * minute,
          removalDelayMs: 10 * minute,
          writes: { perSecond: 100, atOnce: 32 },
          isProtected: () => false,
          ...settings,
        },
      };
      const ended = control(deps, relay, lead, killed.signal).catch(() => undefined);
      running = { stop: killed, ended };
      await settle();
    },
    states: () =>
      Object.fromEntries([...cluster.assignments].map(([name, { status }]) => [name, status?.status])),
  };
  return bench;
}

/** A scale set `pool1` with node `n1`, and an identity with its binding for each name, which is the label, too. */
export function furnish({ azure, cluster }: MicBench, ...names: readonly string[]): void {
  azure.addMachine(scaleSetId('pool1'));
  cluster.putNode('n1', nodeOf(`${scaleSetId('pool1')}/virtualMachines/0`));
  for (const name of names) {
    cluster.putIdentity(identity(name));
    cluster.putBinding(bindingTo(name, name));
  }
}

export function addPod({ cluster }: MicBench, name: string, label: string, nodeName = 'n1'): void {
  cluster.putPod(micPod({ name, label, nodeName, uid: `uid-of-${name}` }));
}
