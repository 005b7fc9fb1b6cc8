import type { Reporter } from '../../domain/ports.ts';
import type { Context } from '../run/context.ts';

const minuteMs = 60_000;

/**
 * Runs work that may take an hour. Where no spinner turns, as in CI, the last message is repeated once a
 * minute, with how long it is going on already: runners end a job that prints nothing for long.
 */
export async function reportingEveryMinute<Result>(
  { animated, clock }: Pick<Context, 'animated' | 'clock'>,
  report: Reporter,
  work: (report: Reporter) => Promise<Result>,
): Promise<Result> {
  if (animated) {
    return await work(report);
  }
  const over = new AbortController();
  let last = '';
  const repeating = reportMinutes(clock, over.signal, (minutes) => {
    if (last !== '') {
      report.progress(`${last} (${minutes} min so far)`);
    }
  });
  try {
    return await work({
      ...report,
      progress(text) {
        last = text;
        report.progress(text);
      },
    });
  } finally {
    over.abort();
    await repeating;
  }
}

async function reportMinutes(
  clock: Context['clock'],
  signal: AbortSignal,
  report: (minutes: number) => void,
): Promise<void> {
  try {
    for (let minutes = 1; ; minutes++) {
      await clock.sleep(minuteMs, signal);
      signal.throwIfAborted();
      report(minutes);
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}
