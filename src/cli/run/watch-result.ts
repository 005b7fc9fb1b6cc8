import { isPodidError } from '../../errors/podid-error.ts';
import { durationOf } from '../../validate/flags/duration.ts';
import type { Session } from './session.ts';

type Reporter = Session['report'];

export interface WatchFlags {
  readonly watch: boolean;
  readonly pollInterval: string | undefined;
  readonly rawCluster?: boolean;
}

/** How often to look; undefined: once. Faults are the next `checkUsage`'s to report. */
export function readInterval(
  { watch, pollInterval, rawCluster }: WatchFlags,
  { context: { env }, faults }: Pick<Session, 'context' | 'faults'>,
): number | undefined {
  if (!watch) {
    if (pollInterval !== undefined) {
      faults.add('--poll-interval', '--poll-interval needs --watch.');
    }
    return undefined;
  }
  if (rawCluster) {
    faults.add('--watch', '--watch and --raw-cluster contradict each other.');
  }
  const source = pollInterval === undefined ? 'PODID_POLL_INTERVAL' : '--poll-interval';
  return durationOf(faults, source, pollInterval ?? (env['PODID_POLL_INTERVAL'] || undefined), 5000);
}

/**
 * Prints a result, and again each time it is another, until the command is interrupted, which is how a watch ends.
 * A look that Azure or the cluster does not answer is told of once, and the next one made.
 *
 * @param read gives what is compared, and prints it; what it reports is told once, and again only after a whole look
 * without it
 * @returns 130 or 143, by what ended it
 */
export async function watchResult(
  { context: { signal, clock }, report, log }: Session,
  intervalMs: number,
  read: (report: Reporter) => Promise<{ readonly text: string; print(): Promise<unknown> }>,
): Promise<number> {
  let shown: string | undefined;
  let isAway = false;
  let told: ReadonlySet<string> = new Set();
  for (;;) {
    const now = new Set<string>();
    try {
      const { text, print } = await read(newsOf(report, { told, now, isFirst: shown === undefined }));
      isAway = false;
      told = now;
      if (text !== shown) {
        if (shown !== undefined) {
          log(`\n${new Date(clock.now()).toISOString()}\n`);
        }
        shown = text;
        await print();
      }
      await clock.sleep(intervalMs, signal);
    } catch (error) {
      if (signal.aborted) {
        return isPodidError(signal.reason) ? signal.reason.exitCode : 130;
      }
      // The first look says whether there is something to watch.
      if (shown === undefined || !isPodidError(error, 'Unavailable', 'ClusterUnreachable')) {
        throw error;
      }
      if (!isAway) {
        report.warn(error.message, error.hint);
      }
      isAway = true;
      // It did not come to what it would have reported besides, which is no news for that.
      told = new Set([...told, ...now]);
      await clock.sleep(intervalMs, signal).catch(() => undefined);
    }
  }
}

interface Told {
  /** What the last look reported. */
  readonly told: ReadonlySet<string>;
  /** Takes what this look reports. */
  readonly now: Set<string>;
  readonly isFirst: boolean;
}

/** Reports only what the last look did not; how far a look is is told of the first. */
function newsOf(report: Reporter, { told, now, isFirst }: Told): Reporter {
  const isNews = (text: string) => {
    const wasTold = told.has(text) || now.has(text);
    now.add(text);
    return !wasTold;
  };
  return {
    progress: (...step) => {
      if (isFirst) {
        report.progress(...step);
      }
    },
    note: (text) => {
      if (isNews(String(text))) {
        report.note(text);
      }
    },
    warn: (text, hint) => {
      if (isNews(text)) {
        report.warn(text, hint);
      }
    },
    stop: () => report.stop(),
  };
}
