/** Time as the daemons see it. Tests pass one that they move by hand. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. It may jump either way. */
  now(): number;
  /** Milliseconds since some fixed moment. It never goes back and never jumps. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason once that is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function systemClock(): Clock {
  return { now: () => Date.now(), monotonic: () => performance.now(), wait };
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
