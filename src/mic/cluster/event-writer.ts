import { TurnQueue } from '../../domain/standard-mode/turn-queue.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { ApiFailure, type WritingConnection } from '../../k8s/client/api-connection.ts';
import { type EventSubject, eventWrite, secondText } from '../../k8s/client/object-event.ts';
import { TokenBucket } from '../../runtime/token-bucket.ts';
import { createWake } from '../../runtime/wake.ts';

export interface Told {
  readonly about: EventSubject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'IdentityAssigned' | 'IdentityNotAssigned';
  readonly message: string;
}

/** Events of Kubernetes, for whoever describes a pod or a binding. None is worth waiting for. */
export interface EventWriter {
  /** Queues an Event; where too many wait, the oldest of the namespace that has most is dropped. */
  tell(event: Told): void;
  readonly dropped: number;
  run(signal: AbortSignal): Promise<void>;
}

const longestQueue = 2_000;
/** So that Events never take the API server's patience from assignments. */
const perSecond = { size: 50, everyMs: 50 };
const component = 'podid-mic';

export function createEventWriter(
  connection: WritingConnection,
  { clock, instance, onFailure }: { readonly clock: Clock; readonly instance: string; onFailure(): void },
): EventWriter {
  const queue = new TurnQueue<Told>();
  const bucket = new TokenBucket(perSecond, clock);
  const wake = createWake(clock);
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    tell(event) {
      queue.push(event.about.namespace, event);
      if (queue.size > longestQueue) {
        queue.dropOfMost();
        dropped += 1;
      }
      wake.call();
    },
    async run(signal) {
      while (!signal.aborted) {
        const event = queue.shift();
        try {
          if (event === undefined) {
            await wake.wait(undefined, signal);
            continue;
          }
          for (let ms = bucket.waitMs(1); ms > 0; ms = bucket.waitMs(1)) {
            await clock.sleep(ms, signal);
          }
          bucket.take(1);
          await write(connection, event, { nowMs: clock.now(), instance, signal });
        } catch {
          if (!signal.aborted) {
            onFailure();
          }
        }
      }
    },
  };
}

interface Moment {
  readonly nowMs: number;
  readonly instance: string;
  readonly signal: AbortSignal;
}

/** The same Event has the same name, whoever leads: a second one counts the first one up. */
async function write(connection: WritingConnection, told: Told, moment: Moment): Promise<void> {
  const { nowMs, instance, signal } = moment;
  const once = { firstMs: nowMs, lastMs: nowMs, count: 1, component, instance };
  const { eventPath: path, ...made } = eventWrite({ ...told, ...once });
  try {
    await connection.write(made, signal);
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 409) {
      throw error;
    }
    const count = countOf(await connection.getJson(path, signal)) + 1;
    const body = { lastTimestamp: secondText(nowMs), count };
    await connection.write({ method: 'PATCH', path, body }, signal);
  }
}

function countOf(json: unknown): number {
  const { count } = (json ?? {}) as { readonly count?: unknown };
  return typeof count === 'number' ? count : 1;
}
