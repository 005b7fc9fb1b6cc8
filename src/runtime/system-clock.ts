import type { Clock } from '../domain/time/clock.ts';

/** What a timer of Node holds; one beyond it fires at once. */
const longestTimerMs = 2 ** 31 - 1;

export function systemClock(): Clock {
  return {
    // Node's own functions as they are: the agent asks them several times for each token.
    now: Date.now,
    monotonic: performance.now.bind(performance),
    random: Math.random,
    sleep,
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop);
        resolve();
      },
      Math.min(ms, longestTimerMs),
    );
    signal.addEventListener('abort', stop, { once: true });
  });
}
