import type { Clock } from './clock.ts';

/** What is asked for once, and before it is needed: whatever proves the caller may not last until then. */
export interface KeptEarly<Value> {
  /** Asks; what fails is told by `get`. @throws the signal's reason alone */
  prepare(signal: AbortSignal): Promise<void>;
  /**
   * What was asked for, while that is fresh; later what is asked for anew, and the earlier where that cannot be had.
   *
   * @throws as asking does
   */
  get(signal: AbortSignal): Promise<Value>;
}

/** Tokens are given out with at least so long to live. */
const freshMs = 5 * 60_000;

export function keepEarly<Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
  clock: Pick<Clock, 'monotonic'>,
): KeptEarly<Value> {
  let kept: { readonly value: Value; readonly atMs: number } | undefined;
  const get = async (signal: AbortSignal): Promise<Value> => {
    const early = kept;
    if (early !== undefined && clock.monotonic() - early.atMs < freshMs) {
      return early.value;
    }
    try {
      const value = await ask(signal);
      kept = { value, atMs: clock.monotonic() };
      return value;
    } catch (error) {
      signal.throwIfAborted();
      if (early === undefined) {
        throw error;
      }
      return early.value;
    }
  };
  return {
    get,
    async prepare(signal) {
      await get(signal).catch(() => signal.throwIfAborted());
    },
  };
}
