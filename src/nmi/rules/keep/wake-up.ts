import type { Clock } from '../../../domain/time/clock.ts';

/** Ends a pause before its time. */
export interface WakeUp {
  call(): void;
  /** From here on, a call ends the next pause. */
  reset(): void;
  /** Whether a call ended it. */
  pause(ms: number): Promise<boolean>;
}

export function wakeUp(clock: Pick<Clock, 'sleep'>): WakeUp {
  let controller = new AbortController();
  return {
    call: () => controller.abort(),
    reset: () => {
      if (controller.signal.aborted) {
        controller = new AbortController();
      }
    },
    async pause(ms) {
      const { signal } = controller;
      await clock.sleep(ms, signal).catch(() => undefined);
      return signal.aborted;
    },
  };
}
