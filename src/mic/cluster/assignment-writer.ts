import { namespaceOfKey, TurnQueue } from '../../domain/standard-mode/turn-queue.ts';
import { backoffMs } from '../../domain/time/backoff.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { ApiFailure } from '../../k8s/client/api-connection.ts';
import { TokenBucket } from '../../runtime/token-bucket.ts';
import { type AssignmentStep, nameKey } from '../decide/diff-assignments.ts';
import type { AssignmentApi } from './assignment-api.ts';
import type { LiveIndex } from './live-index.ts';

export interface AssignmentWriterDeps {
  readonly api: AssignmentApi;
  readonly live: LiveIndex;
  readonly clock: Clock;
  readonly limits: { readonly perSecond: number; readonly atOnce: number };
  mayWrite(): boolean;
  /** Told of every write, and of every one that failed. */
  onStep(step: AssignmentStep, outcome: 'written' | 'failed', ms: number): void;
  /** Whatever was to be written of the pod is, or is to be decided again. */
  onDone(podKey: string): void;
  onTrouble(podKey: string, error: unknown): void;
}

/**
 * Writes what was decided for pods: many pods at once, and for each pod one write after the other. After each write the
 * next namespace has its turn.
 */
export interface AssignmentWriter {
  /** False while the pod's last steps are under way: it is to be decided again after them. */
  isFree(podKey: string): boolean;
  /** Takes the steps of a pod that is free. */
  submit(podKey: string, steps: readonly AssignmentStep[], signal: AbortSignal): void;
  /** False while so much waits that what is handed in now would be old when it is written. */
  readonly hasRoom: boolean;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

const pauses = { firstMs: 250, mostMs: 30_000 };

export function createAssignmentWriter(deps: AssignmentWriterDeps): AssignmentWriter {
  return new Writer(deps);
}

interface Job {
  readonly podKey: string;
  /** What is left to be written. */
  readonly steps: AssignmentStep[];
  readonly signal: AbortSignal;
}

class Writer implements AssignmentWriter {
  readonly #deps: AssignmentWriterDeps;
  readonly #bucket: TokenBucket;
  readonly #busy = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #queue = new TurnQueue<Job>();
  readonly #workers = new Set<Promise<void>>();

  constructor(deps: AssignmentWriterDeps) {
    this.#deps = deps;
    const { perSecond } = deps.limits;
    this.#bucket = new TokenBucket({ size: perSecond * 2, everyMs: 1000 / perSecond }, deps.clock);
  }

  get hasRoom(): boolean {
    return this.#queue.size < this.#deps.limits.atOnce;
  }

  isFree(podKey: string): boolean {
    return !this.#busy.has(podKey);
  }

  submit(podKey: string, steps: readonly AssignmentStep[], signal: AbortSignal): void {
    this.#busy.add(podKey);
    this.#queue.push(namespaceOfKey(podKey), { podKey, steps: [...steps], signal });
    if (this.#workers.size < this.#deps.limits.atOnce) {
      const worker: Promise<void> = this.#work().finally(() => this.#workers.delete(worker));
      this.#workers.add(worker);
    }
  }

  async idle(): Promise<void> {
    while (this.#workers.size > 0) {
      await Promise.all(this.#workers);
    }
  }

  async #work(): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      const { podKey, steps, signal } = job;
      try {
        await this.#takeNext(job);
        if (steps.length > 0) {
          this.#queue.push(namespaceOfKey(podKey), job);
          continue;
        }
        this.#failures.delete(podKey);
        this.#end(podKey);
      } catch (error) {
        if (signal.aborted) {
          this.#busy.delete(podKey);
        } else {
          this.#deps.onTrouble(podKey, error);
          void this.#endLater(podKey, error, signal);
        }
      }
    }
  }

  async #takeNext({ steps, signal }: Job): Promise<void> {
    const step = steps.shift();
    if (step === undefined) {
      return;
    }
    for (let ms = this.#bucket.waitMs(1); ms > 0; ms = this.#bucket.waitMs(1)) {
      await this.#deps.clock.sleep(ms, signal);
    }
    this.#bucket.take(1);
    signal.throwIfAborted();
    await this.#take(step, signal);
  }

  async #take(step: AssignmentStep, signal: AbortSignal): Promise<void> {
    const { api, live, clock, onStep, mayWrite } = this.#deps;
    if (!mayWrite()) {
      throw new Error('The lease was not renewed in time: nothing is written.');
    }
    const beganMs = clock.monotonic();
    try {
      const result = await api.take(step, signal);
      const before = live.get(nameKey(step.at));
      if (result.kind === 'written') {
        live.upsert(result.object);
      } else if (result.kind === 'deleted') {
        before && live.removeOwn(before);
      } else {
        const now = await api.read(step.at, signal);
        now === undefined ? before && live.removeOwn(before) : live.upsert(now);
      }
      onStep(step, 'written', clock.monotonic() - beganMs);
    } catch (error) {
      onStep(step, 'failed', clock.monotonic() - beganMs);
      throw error;
    }
  }

  #end(podKey: string): void {
    this.#busy.delete(podKey);
    this.#deps.onDone(podKey);
  }

  async #endLater(podKey: string, error: unknown, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const failures = (this.#failures.get(podKey) ?? 0) + 1;
    this.#failures.set(podKey, failures);
    const askedMs = error instanceof ApiFailure ? error.retryAfterMs : undefined;
    const pauseMs = askedMs ?? backoffMs(pauses, failures, clock.random());
    await clock.sleep(pauseMs, signal).catch(() => undefined);
    this.#end(podKey);
  }
}
