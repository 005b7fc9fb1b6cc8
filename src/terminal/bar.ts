import type { SingleBar } from 'cli-progress';
import type { Bar } from './progress.ts';
import { timeText } from './step-clock.ts';

/** A progress bar on stderr, loaded when it is first drawn, and taken away when its work is done. */
export function lateBar(isUtf8: boolean, load: (isUtf8: boolean) => Promise<SingleBar> = loadBar): Bar {
  let loading: Promise<SingleBar> | undefined;
  let wanted: { readonly text: string; readonly total: number; done: number } | undefined;
  let drawn: SingleBar | undefined;
  const draw = (bar: SingleBar) => {
    // Its work may be over before it came.
    if (wanted === undefined || drawn !== undefined) {
      return;
    }
    drawn = bar;
    bar.start(wanted.total, wanted.done, { text: wanted.text });
  };
  return {
    start(text, total) {
      wanted = { text, total, done: 0 };
      loading ??= load(isUtf8);
      // A bar that cannot be loaded is one that nobody sees.
      loading.then(draw, () => undefined);
    },
    update(done) {
      if (wanted !== undefined) {
        wanted.done = done;
      }
      drawn?.update(done);
    },
    stop() {
      drawn?.stop();
      drawn = undefined;
      wanted = undefined;
    },
  };
}

async function loadBar(isUtf8: boolean): Promise<SingleBar> {
  const { default: progress } = await import('cli-progress');
  return new progress.SingleBar({
    format: '{text} {bar} {value}/{total} ({duration_formatted})',
    formatTime: timeText,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    fps: 20,
    // Signals are the program's to handle: a change under way is not ended by the bar's own exit.
    gracefulExit: false,
    barCompleteChar: isUtf8 ? '\u2588' : '#',
    barIncompleteChar: isUtf8 ? '\u2591' : '.',
  });
}
