import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../domain/time/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { putFile } from '../put-file.ts';

/** The rules as the kernel has them, from the process that may read them to the one that serves. */
export interface RulesText {
  put(text: string): Promise<void>;
  /** Undefined before the first. */
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

/** Beside the heartbeat, in memory that both containers mount. */
export function rulesTextFile(heartbeatFile: string): RulesText {
  const path = join(dirname(heartbeatFile), 'rules.txt');
  return {
    put: (text) => putFile(path, text),
    read: () => readFile(path, 'utf8').catch(() => undefined),
  };
}

/** On a node where pods come and go all the time, the rules are listed this often at most. */
const shortestPauseMs = 10_000;

/**
 * Hands on what `list` returns each time it is called, one after the other, and not more often than every ten seconds.
 * Nobody waits for it, and what fails is logged: nothing rests on this text.
 */
export function keepRulesText({
  list,
  text,
  clock,
  logger,
}: {
  list(): Promise<string>;
  readonly text: Pick<RulesText, 'put'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly logger: Logger;
}): () => void {
  let begunMs = Number.NEGATIVE_INFINITY;
  let isListing = false;
  const listNow = async () => {
    const atMs = clock.now();
    await text.put(`# read back at ${new Date(atMs).toISOString()}\n${await list()}`);
  };
  return () => {
    if (isListing || clock.monotonic() - begunMs < shortestPauseMs) {
      return;
    }
    begunMs = clock.monotonic();
    isListing = true;
    listNow()
      .catch((error) => logger.debug({ error: String(error) }, 'the rules could not be listed for people'))
      .finally(() => {
        isListing = false;
      });
  };
}
