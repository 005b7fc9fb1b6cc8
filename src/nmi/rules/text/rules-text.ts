import { dirname, join } from 'node:path';
import type { Clock } from '../../../domain/time/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { putFile } from '../put-file.ts';
import { FileTooLarge, readSmallFile } from '../read-small-file.ts';

/** The rules as the kernel has them, from the process that may read them to the one that serves. */
export interface RulesText {
  put(text: string): Promise<void>;
  /** Undefined before the first. @throws FileTooLarge where it is none that podid wrote */
  read(): Promise<string | undefined>;
}

/** Where one process does both. */
export function rulesTextInMemory(): RulesText {
  let latest: string | undefined;
  return {
    async put(text) {
      latest = text;
    },
    read: async () => latest,
  };
}

/** More than all commands together print: each is cut at 512 Ki letters. */
const largestBytes = 8 * 1024 * 1024;

/** Beside the heartbeat, in memory that both containers mount. */
export function rulesTextFile(heartbeatFile: string): RulesText {
  const path = join(dirname(heartbeatFile), 'rules.txt');
  return {
    put: (text) => putFile(path, text),
    async read() {
      try {
        return await readSmallFile(path, largestBytes);
      } catch (error) {
        if (error instanceof FileTooLarge) {
          throw error;
        }
        return undefined;
      }
    },
  };
}

/** From the begin of one listing to that of the next, at least. */
const pauseMs = {
  /** Where there may be news: on some nodes pods come and go all the time. */
  news: 10_000,
  /** Where there are none: the counters change all the same. */
  noNews: 300_000,
};
/** Before the first, so that the programs that list do not run while the server starts. */
const firstAfterMs = 1_000;

/**
 * Hands on what `list` returns, one listing at a time, each time that the returned function is called and its pause is
 * over. News that come within the pause, and a listing that failed, are made up for by a later call. Nobody waits for
 * it, and what fails is logged: nothing rests on this text.
 *
 * @returns to be called after each check of the rules; `isNews`: they may be other than at the last
 */
export function keepRulesText({
  list,
  text,
  clock,
  logger,
  signal,
}: {
  list(): Promise<string>;
  readonly text: Pick<RulesText, 'put'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}): (isNews: boolean) => void {
  let begunMs = Number.NEGATIVE_INFINITY;
  let isListing = false;
  let isOwed = false;
  const listNow = async (afterMs: number) => {
    if (afterMs > 0) {
      await clock.sleep(afterMs, signal);
    }
    const atMs = clock.now();
    await text.put(`# read back at ${new Date(atMs).toISOString()}\n${await list()}`);
  };
  return (isNews) => {
    isOwed ||= isNews;
    const pause = isOwed ? pauseMs.news : pauseMs.noNews;
    if (isListing || clock.monotonic() - begunMs < pause) {
      return;
    }
    const afterMs = Number.isFinite(begunMs) ? 0 : firstAfterMs;
    begunMs = clock.monotonic();
    isListing = true;
    isOwed = false;
    listNow(afterMs)
      .catch((error) => {
        isOwed = true;
        logger.debug({ error: String(error) }, 'the rules could not be listed for people');
      })
      .finally(() => {
        isListing = false;
      });
  };
}
