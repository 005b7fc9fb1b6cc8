import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Assignment,
  type DecisionFacts,
  type MicPod,
  type PodWants,
  wantsOfPod,
} from '../../domain/standard-mode/desired-assignments.ts';
import { namespaceOfKey, TurnQueue } from '../../domain/standard-mode/turn-queue.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { TokenBucket } from '../../runtime/token-bucket.ts';
import { createWake } from '../../runtime/wake.ts';
import {
  diffAssignments,
  isSameIdentity,
  nameKey,
  stateOf,
  type WantedAssignment,
} from '../decide/diff-assignments.ts';
import type { AssignmentName } from '../decide/name-assignment.ts';
import type { MachineFleet } from '../machines/machine-fleet.ts';
import { AssignmentNames } from './assignment-names.ts';
import type { AssignmentWriter } from './assignment-writer.ts';
import type { MicView } from './mic-view.ts';

export interface KeeperDeps {
  readonly view: MicView;
  readonly fleet: Pick<MachineFleet, 'setPod' | 'allPodsSet' | 'shows' | 'troubleOf'>;
  readonly writer: AssignmentWriter;
  readonly clock: Clock;
  readonly facts: DecisionFacts;
  /** Hears of each pod after each decision. */
  onDecided(decision: PodOutcome): void;
  /** Hears of each round of decisions. */
  onRound(ms: number): void;
}

/** How a pod stands. */
export interface PodOutcome {
  readonly podKey: string;
  /** Undefined: it is gone. */
  readonly pod: MicPod | undefined;
  readonly wants: PodWants;
  readonly wanted: readonly WantedAssignment[];
}

/** Sees to the AzureAssignedIdentities: pod by pod, those that something was heard of. */
export interface AssignmentKeeper {
  /** @param podKey `namespace/name` */
  mark(podKey: string): void;
  markAll(): void;
  markMachine(machineId: string): void;
  markNode(node: string): void;
  readonly outcomes: ReadonlyMap<string, PodOutcome>;
  /** Decides the pods that are marked, and begins to write. */
  decide(signal: AbortSignal): void;
  run(signal: AbortSignal): Promise<void>;
}

/** At most ten times a second is decided, and a few times at once: a single pod never waits for its turn. */
const rounds = { size: 5, everyMs: 100 };
/** So long at a stretch: in between, the lease is renewed and what happens in the cluster is heard. */
const stretchMs = 20;

export function createAssignmentKeeper(deps: KeeperDeps): AssignmentKeeper {
  return new Keeper(deps);
}

class Keeper implements AssignmentKeeper {
  readonly outcomes = new Map<string, PodOutcome>();
  readonly #deps: KeeperDeps;
  readonly #marked = new TurnQueue<string>();
  /** Whose writes wait until there is room: what they are is decided then, so that an older state is never written. */
  readonly #held = new TurnQueue<string>();
  readonly #names: AssignmentNames;
  readonly #podsOfMachine = new Map<string, Set<string>>();
  readonly #wake;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#names = new AssignmentNames(deps.view, deps.facts);
    this.#wake = createWake(deps.clock);
  }

  mark(podKey: string): void {
    this.#marked.push(namespaceOfKey(podKey), podKey);
    this.#wake.call();
  }

  markAll(): void {
    const { view } = this.#deps;
    const all = new Set([...view.pods.keys(), ...view.live.podKeys(), ...this.outcomes.keys()]);
    // In order, so that two pods that want one name get it the same way at each start.
    for (const key of [...all].sort()) {
      this.mark(key);
    }
  }

  markMachine(machineId: string): void {
    for (const key of this.#podsOfMachine.get(machineId) ?? []) {
      this.mark(key);
    }
  }

  markNode(node: string): void {
    for (const pod of this.#deps.view.pods.values()) {
      if (pod.nodeName === node) {
        this.mark(`${pod.namespace}/${pod.name}`);
      }
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const bucket = new TokenBucket(rounds, clock);
    this.markAll();
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const beganMs = clock.monotonic();
      bucket.take(1);
      await this.#decideInTurns(signal);
      if (isFirst && !signal.aborted) {
        this.#deps.fleet.allPodsSet();
      }
      this.#deps.onRound(clock.monotonic() - beganMs);
      try {
        await this.#wake.wait(undefined, signal);
        for (let ms = bucket.waitMs(1); ms > 0; ms = bucket.waitMs(1)) {
          await clock.sleep(ms, signal);
        }
      } catch {
        break;
      }
    }
    await this.#deps.writer.idle();
  }

  decide(signal: AbortSignal): void {
    for (let key = this.#marked.shift(); key !== undefined; key = this.#marked.shift()) {
      this.#decideFree(key, signal);
    }
    this.#decideHeld(signal);
  }

  #decideHeld(signal: AbortSignal): void {
    while (this.#deps.writer.hasRoom) {
      const key = this.#held.shift();
      if (key === undefined) {
        return;
      }
      this.#decideFree(key, signal);
    }
  }

  async #decideInTurns(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let beganMs = clock.monotonic();
    for (let key = this.#marked.shift(); key !== undefined; key = this.#marked.shift()) {
      this.#decideFree(key, signal);
      if (clock.monotonic() - beganMs >= stretchMs) {
        await nextTurn();
        if (signal.aborted) {
          return;
        }
        beganMs = clock.monotonic();
      }
    }
    this.#decideHeld(signal);
  }

  /** One that is being written is marked again when it is done. */
  #decideFree(podKey: string, signal: AbortSignal): void {
    if (this.#deps.writer.isFree(podKey)) {
      this.#decidePod(podKey, signal);
    }
  }

  #decidePod(podKey: string, signal: AbortSignal): void {
    const { view, fleet, facts, writer, clock } = this.#deps;
    const pod = view.pods.get(podKey);
    const wants = pod === undefined ? nothing : wantsOfPod(pod, facts);
    const on = wants.assignments.flatMap(({ machineId, resource }) =>
      machineId === undefined || resource === undefined ? [] : [{ machineId, resource }],
    );
    fleet.setPod(podKey, { on, keeps: wants.keeps });
    this.#fileMachines(podKey, new Set(on.map(({ machineId }) => machineId)));
    const wanted = this.#names.give(podKey, wants.assignments).map(({ at, assignment }) => ({
      at,
      assignment,
      state: fleet.shows(assignment, this.#saysAssigned(at, assignment)),
    }));
    const live = [
      ...view.live.ofPod(podKey),
      ...wanted.flatMap(({ at }) => view.live.get(nameKey(at)) ?? []),
    ];
    const now = new Date(clock.now()).toISOString();
    const steps = diffAssignments(wanted, live, now);
    if (steps.length > 0 && !writer.hasRoom) {
      this.#held.push(namespaceOfKey(podKey), podKey);
    } else if (steps.length > 0) {
      writer.submit(podKey, steps, signal);
    }
    const outcome = { podKey, pod, wants, wanted };
    pod === undefined ? this.outcomes.delete(podKey) : this.outcomes.set(podKey, outcome);
    this.#deps.onDecided(outcome);
  }

  /** What stands there says `Assigned`, and of the same identity on the same node. */
  #saysAssigned(at: AssignmentName, { pod, identity }: Assignment): boolean {
    const live = this.#deps.view.live.get(nameKey(at));
    const { azureIdentityRef, nodename } = live?.spec ?? {};
    return (
      live !== undefined &&
      stateOf(live) === 'Assigned' &&
      nodename === pod.nodeName &&
      azureIdentityRef !== undefined &&
      (isSameIdentity(azureIdentityRef, identity) ||
        azureIdentityRef.spec.resourceID?.toLowerCase() === identity.spec.resourceID?.toLowerCase())
    );
  }

  #fileMachines(podKey: string, machines: ReadonlySet<string>): void {
    for (const [machineId, pods] of this.#podsOfMachine) {
      if (!machines.has(machineId) && pods.delete(podKey) && pods.size === 0) {
        this.#podsOfMachine.delete(machineId);
      }
    }
    for (const machineId of machines) {
      this.#podsOfMachine.set(machineId, (this.#podsOfMachine.get(machineId) ?? new Set()).add(podKey));
    }
  }
}

const nothing: PodWants = { assignments: [], keeps: [], refusals: [] };
