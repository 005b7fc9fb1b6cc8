import type { Clock } from '../domain/time/clock.ts';

/** For one loop that has something to do when it is told, or when a time has come. */
export interface Wake {
  /** Ends the wait that is under way, or the next one: a call is never lost. */
  call(): void;
  /** @param ms undefined waits for a call alone @throws the signal's reason */
  wait(ms: number | undefined, signal: AbortSignal): Promise<void>;
}

export function createWake(clock: Pick<Clock, 'sleep'>): Wake {
  let called = false;
  let end: (() => void) | undefined;
  return {
    call() {
      called = true;
      end?.();
    },
    async wait(ms, signal) {
      signal.throwIfAborted();
      if (!called) {
        await untilCalled(clock, { ms, signal, onEnd: (stop) => (end = stop) });
        end = undefined;
        signal.throwIfAborted();
      }
      called = false;
    },
  };
}

function untilCalled(
  clock: Pick<Clock, 'sleep'>,
  options: { readonly ms: number | undefined; readonly signal: AbortSignal; onEnd(stop: () => void): void },
): Promise<void> {
  const { ms, signal, onEnd } = options;
  const over = new AbortController();
  return new Promise((resolve) => {
    const stop = () => {
      signal.removeEventListener('abort', stop);
      over.abort();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
    onEnd(stop);
    if (ms !== undefined) {
      clock.sleep(ms, over.signal).then(stop, () => undefined);
    }
  });
}
