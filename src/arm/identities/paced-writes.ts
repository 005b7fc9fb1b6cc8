import type { ResourceId } from '../../domain/azure/resource-id.ts';
import { backoffMs } from '../../domain/time/backoff.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { type Pace, startPace, startQueues } from '../../domain/time/pace.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

/** Azure takes a write in 4 s of one identity, and two a second of a subscription (Entra docs, "considerations"). */
const apartMs = { identity: 4_000, subscription: 500 };

/** Pauses between tries double from the first to the longest, in milliseconds. */
const pauses = { firstMs: 1_000, mostMs: 15_000 };

/** So long an identity that was just created may be unknown where its credentials are kept (cco#878: 24 × 10 s). */
const freshForMs = 240_000;

/** What Azure answers for that long. */
export const parentMissing = 'ParentResourceNotFound';

type Writes = <Result>(
  identity: Pick<ResourceId, 'text' | 'subscriptionId'>,
  signal: AbortSignal,
  write: () => Promise<Result>,
) => Promise<Result>;

/**
 * One write of an identity at a time, as slowly as Azure takes them, those of different identities side by side; what
 * passes by itself (`Unavailable`) is tried again until the signal ends.
 */
export function pacedWrites(clock: Clock, verbose: (text: string) => void): Writes {
  const queues = startQueues();
  const paces = new Map<string, Pace>();
  const paceOf = (key: string, ms: number) => {
    const pace = paces.get(key) ?? startPace(clock, ms);
    paces.set(key, pace);
    return pace;
  };
  return ({ text, subscriptionId }, signal, write) => {
    const key = text.toLowerCase();
    return queues.run(key, async () => {
      const startedMs = clock.monotonic();
      let last: PodidError | undefined;
      for (let failures = 1; ; failures += 1) {
        const pace = paceOf(key, apartMs.identity);
        try {
          await pace.turn(signal);
          await paceOf(subscriptionId.toLowerCase(), apartMs.subscription).turn(signal);
          pace.begin();
          return await write();
        } catch (error) {
          // What Azure said until then says more than that the time is up.
          if (last !== undefined && !isPodidError(error)) {
            throw last;
          }
          const isUnknown = isPodidError(error) && error.details.some(({ code }) => code === parentMissing);
          const isOver = isUnknown && clock.monotonic() - startedMs >= freshForMs;
          if (!isPodidError(error, 'Unavailable') || isOver) {
            throw error;
          }
          last = error;
          verbose(`Trying again: ${error.message}`);
          await pauseAfter(clock, error, failures, signal);
        }
      }
    });
  };
}

/** As long as the server asked for, else longer with each failure. @throws `error`, since it says more than that the time is up */
export async function pauseAfter(
  clock: Clock,
  error: PodidError,
  failures: number,
  signal: AbortSignal,
): Promise<void> {
  const pauseMs = Math.max(backoffMs(pauses, failures, clock.random()), error.retryAfterMs ?? 0);
  await clock.sleep(pauseMs, signal).catch((end: unknown) => {
    throw isPodidError(end) ? end : error;
  });
}
