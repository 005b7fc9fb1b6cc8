import { backoffMs } from '../domain/time/backoff.ts';
import type { Clock } from '../domain/time/clock.ts';
import type { HttpServer } from './http-server.ts';
import type { Logger } from './logger.ts';

export interface Listeners {
  /** Listens there, and tries again for as long as it fails. The first success or failure ends the wait. */
  open(listener: Listener): Promise<void>;
  /** One sentence for each address that fails. */
  readonly faults: readonly string[];
}

export interface Listener {
  readonly what: string;
  readonly server: HttpServer;
  readonly address: string;
  readonly port: number;
}

export interface ListenersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const pauses = { firstMs: 200, mostMs: 2_000 };

/**
 * A port that is taken may be free in a second: the last process of a rolling update is still ending. Exiting
 * would only delay that.
 */
export function createListeners(options: ListenersOptions): Listeners {
  const faults = new Map<string, string>();
  const opened = new Set<string>();
  return {
    get faults() {
      return [...faults.values()];
    },
    async open(listener) {
      const place = `${listener.what} ${listener.address}:${listener.port}`;
      if (opened.has(place)) {
        return;
      }
      opened.add(place);
      if (!(await tryOnce(options, listener, faults))) {
        void keepTrying(options, listener, faults);
      }
    },
  };
}

async function tryOnce(
  { logger }: ListenersOptions,
  listener: Listener,
  faults: Map<string, string>,
): Promise<boolean> {
  const { what, server, address, port } = listener;
  const place = `${what} ${address}:${port}`;
  try {
    const bound = await server.listen(address, port);
    logger.info({ what, address, port: bound }, 'listening');
    faults.delete(place);
    return true;
  } catch (error) {
    if (!faults.has(place)) {
      logger.error({ what, address, port, error: String(error) }, 'cannot listen');
    }
    faults.set(place, `The port ${port} for ${what} cannot be listened on: ${String(error)}`);
    return false;
  }
}

async function keepTrying(
  options: ListenersOptions,
  listener: Listener,
  faults: Map<string, string>,
): Promise<void> {
  const { clock, signal } = options;
  for (let failures = 1; !signal.aborted; failures += 1) {
    await clock.sleep(backoffMs(pauses, failures, clock.random()), signal).catch(() => undefined);
    if (!signal.aborted && (await tryOnce(options, listener, faults))) {
      return;
    }
  }
}
