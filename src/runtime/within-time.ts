import type { Clock } from './clock.ts';

export interface TimeLimit {
  readonly clock: Clock;
  readonly ms: number;
}

/**
 * Runs `work` for so long at most. Undefined when the time is up; by then `work` has been told through its
 * signal.
 * @throws what `work` throws; the outer signal's reason
 */
export async function withinTime<T>(
  { clock, ms }: TimeLimit,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const settled = new AbortController();
  const pass = () => inner.abort(signal.reason);
  signal.addEventListener('abort', pass, { once: true });
  clock.wait(ms, settled.signal).then(
    () => inner.abort(new Error('The time is up.')),
    () => undefined,
  );
  try {
    return await Promise.race([work(inner.signal), whenAborted(inner.signal)]);
  } catch (error) {
    signal.throwIfAborted();
    if (inner.signal.aborted) {
      return undefined;
    }
    throw error;
  } finally {
    settled.abort();
    signal.removeEventListener('abort', pass);
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
