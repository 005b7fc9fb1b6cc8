import type { Clock } from '../../domain/time/clock.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import type { ChangeNotice } from '../cluster/change-notice.ts';
import type { Exchange } from './answer.ts';
import { type ErrorAnswer, tryLater } from './error-answer.ts';

export interface SlowPathOptions {
  readonly view: { readonly synced: boolean; readonly changed: ChangeNotice };
  readonly clock: Clock;
  /** For everything that a request may wait for, above what standard mode waits for MIC. */
  readonly mostMs: number;
}

/** What every request shares that cannot be answered at once. */
export interface SlowPath {
  /**
   * Waits for the caches, then runs `work`. Undefined when the time was up or the client has gone.
   * @throws what `work` throws
   */
  run<T>(exchange: Exchange, work: (signal: AbortSignal) => Promise<T>): Promise<T | ErrorAnswer | undefined>;
}

/** How long a request that comes before the caches are full is held. */
const coldStartMs = 5_000;

export const slowAnswer = tryLater('deadline', 'The answer took too long.', 5);
const notReady = tryLater('not-ready', 'The agent has just started and does not know the cluster yet.', 2);

export function createSlowPath({ view, clock, mostMs }: SlowPathOptions): SlowPath {
  const warmUp = (signal: AbortSignal) =>
    withinTime({ clock, ms: coldStartMs }, signal, async (inTime) => {
      while (!view.synced) {
        await view.changed.next(inTime);
      }
      return true;
    });
  return {
    async run({ response }, work) {
      const left = new AbortController();
      const leave = () => left.abort(new Error('The client has gone.'));
      response.once('close', leave);
      try {
        if (!view.synced && !(await warmUp(left.signal))) {
          return notReady;
        }
        return await withinTime({ clock, ms: mostMs }, left.signal, work);
      } catch (error) {
        if (left.signal.aborted) {
          return undefined;
        }
        throw error;
      } finally {
        response.off('close', leave);
      }
    },
  };
}
