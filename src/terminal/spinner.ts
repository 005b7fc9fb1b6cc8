import type { Spinner } from './progress.ts';

/** What of a clock it counts by. */
interface Seconds {
  /** Milliseconds. */
  monotonic(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * A spinner on stderr that leaves signals to the program: a change under way is not ended by the spinner's
 * own exit.
 */
export async function terminalSpinner(clock: Seconds, isUtf8: boolean): Promise<Spinner> {
  const { default: yoctoSpinner } = await import('yocto-spinner');
  const frames = isUtf8 ? {} : { spinner: asciiFrames };
  return countingSpinner(yoctoSpinner({ stream: process.stderr, handleSignals: false, ...frames }), clock);
}

const asciiFrames = { frames: ['-', '\\', '|', '/'], interval: 120 };

/** What is over sooner needs no time beside it. */
const silentSec = 3;

/** Says beside a text how long it stands already, so that a wait of minutes does not look like a halt. */
export function countingSpinner(spinner: Spinner, clock: Seconds): Spinner {
  let shown = '';
  let sinceMs = clock.monotonic();
  let counting: AbortController | undefined;
  const count = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await clock.sleep(1000, signal);
      const seconds = Math.floor((clock.monotonic() - sinceMs) / 1000);
      if (seconds >= silentSec) {
        spinner.text = `${shown} (${timeText(seconds)})`;
      }
    }
  };
  return {
    get text() {
      return shown;
    },
    set text(text) {
      shown = text;
      sinceMs = clock.monotonic();
      spinner.text = text;
    },
    start() {
      spinner.start();
      counting ??= new AbortController();
      // It ends by its signal alone.
      count(counting.signal).catch(() => undefined);
    },
    stop() {
      counting?.abort();
      counting = undefined;
      spinner.stop();
    },
  };
}

function timeText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}
