import { createHash } from 'node:crypto';
import { TurnQueue } from '../../domain/standard-mode/turn-queue.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { plainText } from '../../errors/plain-text.ts';
import { ApiFailure, type WritingConnection } from '../../k8s/client/api-connection.ts';
import { createWake } from '../../runtime/wake.ts';
import { TokenBucket } from '../token-bucket.ts';

/** What an Event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

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
export const longestMessage = 1_000;
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
          await write(connection, event, { now: new Date(clock.now()).toISOString(), instance, signal });
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
  readonly now: string;
  readonly instance: string;
  readonly signal: AbortSignal;
}

/** The same Event has the same name, whoever leads: a second one counts the first one up. */
async function write(connection: WritingConnection, told: Told, moment: Moment): Promise<void> {
  const { about, reason } = told;
  const message = plainText(told.message.slice(0, longestMessage), 'one').slice(0, longestMessage);
  const hash = createHash('sha256')
    .update(JSON.stringify([about, reason, message]))
    .digest('hex')
    .slice(0, 16);
  const name = `${about.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${hash}`;
  const collection = `/api/v1/namespaces/${about.namespace}/events`;
  const lastTimestamp = moment.now.replace(/\.\d+Z$/, 'Z');
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: about.namespace },
    involvedObject: about,
    reason,
    message,
    type: told.type,
    source: { component },
    reportingComponent: component,
    reportingInstance: moment.instance.slice(0, 128),
    firstTimestamp: lastTimestamp,
    lastTimestamp,
    count: 1,
  };
  try {
    await connection.write({ method: 'POST', path: collection, body }, moment.signal);
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 409) {
      throw error;
    }
    const path = `${collection}/${name}`;
    const count = countOf(await connection.getJson(path, moment.signal)) + 1;
    await connection.write({ method: 'PATCH', path, body: { lastTimestamp, count } }, moment.signal);
  }
}

function countOf(json: unknown): number {
  const { count } = (json ?? {}) as { readonly count?: unknown };
  return typeof count === 'number' ? count : 1;
}
