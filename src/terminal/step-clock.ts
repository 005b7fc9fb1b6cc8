export const secondMs = 1000;
export const minuteMs = 60_000;

/** What is over sooner needs no time beside it. */
const silentMs = 2000;

/** What of a clock is needed to say how long something takes. */
export interface Seconds {
  /** Milliseconds. */
  monotonic(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What is waited for; its time counts on while messages name the same one. */
interface Wait {
  readonly usually?: string;
}

export interface StepClock {
  /** @returns the message as it is shown first; undefined: it is shown already */
  begin(text: string, wait: Wait | undefined): string | undefined;
  end(): void;
}

/**
 * Tells again and again how long what is going on takes already: `Reading (0:42)`, and of a wait how long that usually
 * takes.
 *
 * @param everyMs since the last message, or since it was told last
 */
export function stepClock(clock: Seconds, everyMs: number, tell: (text: string) => void): StepClock {
  let step: { readonly text: string; readonly wait: Wait | undefined; readonly sinceMs: number } | undefined;
  let toldMs = 0;
  let counting: AbortController | undefined;
  const count = async (signal: AbortSignal) => {
    for (;;) {
      const fromMs = clock.monotonic();
      await clock.sleep(Math.max(1, toldMs + everyMs - fromMs), signal);
      const nowMs = clock.monotonic();
      // Where time stands still there is nothing to count.
      if (signal.aborted || nowMs === fromMs) {
        return;
      }
      if (step !== undefined && nowMs - toldMs >= everyMs) {
        toldMs = nowMs;
        if (nowMs - step.sinceMs >= silentMs) {
          tell(textAt(step, nowMs));
        }
      }
    }
  };
  return {
    begin(text, wait) {
      const isSameWait = step !== undefined && wait !== undefined && step.wait === wait;
      if (step?.text === text && step.wait === wait) {
        return undefined;
      }
      const nowMs = clock.monotonic();
      const before = step;
      step = { text, wait, sinceMs: isSameWait && before !== undefined ? before.sinceMs : nowMs };
      toldMs = nowMs;
      if (counting === undefined) {
        counting = new AbortController();
        // It ends by its signal alone.
        count(counting.signal).catch(() => undefined);
      }
      return nowMs - step.sinceMs >= silentMs ? textAt(step, nowMs) : firstText(step, isSameWait);
    },
    end() {
      counting?.abort();
      counting = undefined;
      step = undefined;
    },
  };
}

function firstText(
  { text, wait }: { readonly text: string; readonly wait: Wait | undefined },
  isTold: boolean,
) {
  return wait?.usually === undefined || isTold ? text : `${text} (usually ${wait.usually})`;
}

function textAt(
  {
    text,
    wait,
    sinceMs,
  }: { readonly text: string; readonly wait: Wait | undefined; readonly sinceMs: number },
  nowMs: number,
): string {
  const usually = wait?.usually === undefined ? '' : `, usually ${wait.usually}`;
  return `${text} (${timeText(Math.floor((nowMs - sinceMs) / 1000))}${usually})`;
}

/** `0:42`, `12:05`, `1:00:00`. */
export function timeText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = hours === 0 ? [minutes] : [hours, String(minutes).padStart(2, '0')];
  return [...parts, String(seconds % 60).padStart(2, '0')].join(':');
}
