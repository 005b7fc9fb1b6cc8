import { TurnQueue } from '../../../domain/standard-mode/turn-queue.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { ApiFailure, type WritingConnection } from '../../../k8s/client/api-connection.ts';
import { eventMessage, eventWrite, podMessage, podSubject } from '../../../k8s/client/object-event.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { TokenBucket } from '../../../runtime/token-bucket.ts';
import { createWake } from '../../../runtime/wake.ts';
import { clientGone, type ErrorAnswer } from '../../http/error-answer.ts';
import { createKnownRefusals, type KnownRefusal, type RefusedPod } from './known-refusals.ts';

/** `refused`: the agent has no right in that namespace, or it is not there. `dropped`: too many waited. */
export type EventOutcome = 'written' | 'refused' | 'failed' | 'dropped';

/** Tells the people who own a pod why the agent refuses it: an Event of Kubernetes, which `kubectl describe pod` shows. */
export interface RefusalEvents {
  /** Costs next to nothing where the same has been told already. */
  refused(pod: RefusedPod, answer: Pick<ErrorAnswer, 'reason' | 'description'>): void;
  run(signal: AbortSignal): Promise<void>;
}

export interface RefusalEventsOptions {
  /** Of the pods that it is told of; none where it is empty. */
  readonly namespaces: ReadonlySet<string>;
  readonly node: string;
  readonly connection: Pick<WritingConnection, 'write'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Whether a pod of this uid is on the node now. */
  isThere(uid: string): boolean;
  onOutcome(outcome: EventOutcome): void;
}

/**
 * The API server forgets an Event after an hour (`--event-ttl`), so that one is always there while the refusals go on. To
 * count up the one that is there would take the right to change the Events of others.
 */
export const repeatMs = 30 * 60_000;
/** Of one node. A cluster of 1,000 nodes, all of them attacked, makes 200 a second. */
export const rate = { size: 10, everyMs: 5_000 };
export const longestQueue = 200;
/** How long a namespace is left alone that takes none. */
export const refusedForMs = 10 * 60_000;
const failedForMs = 60_000;
const longestPauseMs = 60_000;

/** A right that is missing, or a namespace that is not there or ends. */
const refusals = [401, 403, 404];

export function createRefusalEvents(options: RefusalEventsOptions): RefusalEvents {
  const { namespaces, clock, logger, onOutcome } = options;
  const known = createKnownRefusals(options.isThere);
  const queue = new TurnQueue<KnownRefusal>();
  const bucket = new TokenBucket(rate, clock);
  const wake = createWake(clock);
  /** Namespaces that take none, and until when each is left alone. */
  const closed = new Map<string, number>();
  const isClosed = (namespace: string) => clock.monotonic() < (closed.get(namespace) ?? 0);
  const settle = (refusal: KnownRefusal, quietMs: number) => {
    refusal.description = '';
    refusal.quietUntilMs = clock.monotonic() + quietMs;
  };

  const failed = async (refusal: KnownRefusal, error: unknown, signal: AbortSignal) => {
    const { namespace } = refusal.pod;
    const { status = 0, retryAfterMs = 0 } = error instanceof ApiFailure ? error : {};
    const isRefused = refusals.includes(status);
    onOutcome(isRefused ? 'refused' : 'failed');
    settle(refusal, isRefused ? refusedForMs : failedForMs);
    // Once a namespace: until one is written, it is known to whoever reads the log.
    if (!closed.has(namespace)) {
      logger.warn({ namespace, error: String(error).slice(0, 500) }, 'Events of pods cannot be written');
    }
    closed.set(namespace, isRefused ? clock.monotonic() + refusedForMs : 0);
    if (retryAfterMs > 0) {
      await clock.sleep(Math.min(retryAfterMs, longestPauseMs), signal);
    }
  };

  const tell = async (refusal: KnownRefusal, signal: AbortSignal) => {
    const { namespace } = refusal.pod;
    if (isClosed(namespace)) {
      settle(refusal, refusedForMs);
      return;
    }
    bucket.take(1);
    try {
      await options.connection.write(eventOf(refusal, options.node), signal);
    } catch (error) {
      signal.throwIfAborted();
      await failed(refusal, error, signal);
      return;
    }
    onOutcome('written');
    settle(refusal, repeatMs);
    if (closed.delete(namespace)) {
      logger.info({ namespace }, 'Events of pods are written again');
    }
  };
  const tellNext = async (signal: AbortSignal) => {
    const waitMs = bucket.waitMs(1);
    if (queue.size > 0 && waitMs > 0) {
      await clock.sleep(waitMs, signal);
      return;
    }
    const refusal = queue.shift();
    await (refusal === undefined ? wake.wait(undefined, signal) : tell(refusal, signal));
  };

  return {
    refused(pod, { reason, description }) {
      if (!namespaces.has(pod.namespace) || reason === clientGone.reason) {
        return;
      }
      const refusal = known.count(pod, reason, clock.now());
      const isQuiet =
        refusal === undefined || refusal.description !== '' || clock.monotonic() < refusal.quietUntilMs;
      if (isQuiet || isClosed(pod.namespace)) {
        return;
      }
      refusal.description = eventMessage(description);
      queue.push(pod.namespace, refusal);
      const dropped = queue.size > longestQueue ? queue.dropOfMost() : undefined;
      if (dropped !== undefined) {
        settle(dropped, failedForMs);
        onOutcome('dropped');
      }
      wake.call();
    },
    async run(signal) {
      while (!signal.aborted) {
        // What it throws is the signal's reason.
        await tellNext(signal).catch(() => undefined);
      }
    },
  };
}

/** What the pod was answered, by the word that log and metrics have for it, and the command that looks further. */
function eventOf({ pod, reason, description, count, firstMs, lastMs }: KnownRefusal, node: string) {
  const { eventPath: _path, ...write } = eventWrite({
    about: podSubject(pod),
    type: 'Warning',
    reason: 'TokenRefused',
    message: podMessage(`${reason}: ${description}`, pod),
    firstMs,
    lastMs,
    count,
    component: 'podid-nmi',
    instance: node,
    node,
    unlike: String(lastMs),
  });
  return write;
}
