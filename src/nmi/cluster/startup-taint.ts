import { backoffMs } from '../../domain/time/backoff.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface StartupTaintPorts {
  /** Whether pods of this node are safe: what `/readyz` says. */
  isReady(): boolean;
  /** Takes the taint from the own node, once. */
  remove(signal: AbortSignal): Promise<'removed' | 'absent'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Readiness also changes by time alone, so it is read again without any notice. */
const pollEveryMs = 200;
const pauses = { firstMs: 500, mostMs: 30_000 };

/**
 * Lets pods onto the node once the agent is ready, and then ends: a taint that somebody sets later is theirs.
 * A failure is logged and tried again for as long as the agent lives, since a node that keeps the taint takes
 * no pods.
 */
export async function removeStartupTaint(
  key: string,
  { isReady, remove, clock, logger }: StartupTaintPorts,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (!isReady()) {
        await clock.sleep(pollEveryMs, signal);
        continue;
      }
      const outcome = await remove(signal);
      logger.info({ key, outcome }, 'the node takes pods');
      return;
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      logger.warn({ key, error: String(error).slice(0, 500) }, 'the startup taint could not be removed');
      failures += 1;
      await clock.sleep(backoffMs(pauses, failures, clock.random()), signal).catch(() => undefined);
    }
  }
}
