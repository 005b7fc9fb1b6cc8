import { readFile } from 'node:fs/promises';
import type { Clock } from '../../domain/time/clock.ts';
import { listenersOn } from './read-node-facts.ts';

export interface ServerOfPort {
  readonly port: number;
  /** Its numeric user; undefined: any. */
  readonly user?: number | undefined;
}

/** A little more than the server takes to drain. */
const longestMs = 6_000;
/** Until the rules are gone, a pod that asks anew is reset. */
const lookMs = 20;

/**
 * Aborted after the signal, once the server does not listen any more. One in another container is told to end at the same
 * moment and drains for some seconds. Meanwhile pods come and go, and it answers nobody until it hears again whose
 * addresses are whose.
 *
 * @param readSockets the text of /proc/net/tcp and /proc/net/tcp6
 */
export function afterServer(
  server: ServerOfPort,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  signal: AbortSignal,
  readSockets: () => Promise<string> = socketsOfNode,
): AbortSignal {
  const after = new AbortController();
  const follow = async () => {
    const beganMs = clock.monotonic();
    const never = new AbortController().signal;
    while ((await isListening(server, readSockets)) && clock.monotonic() - beganMs < longestMs) {
      await clock.sleep(lookMs, never);
    }
    after.abort(signal.reason);
  };
  signal.addEventListener('abort', () => void follow(), { once: true });
  return after.signal;
}

async function isListening(
  { port, user }: ServerOfPort,
  readSockets: () => Promise<string>,
): Promise<boolean> {
  const listeners = listenersOn(await readSockets(), port);
  return listeners.some((each) => user === undefined || each.user === user);
}

async function socketsOfNode(): Promise<string> {
  const files = ['/proc/net/tcp', '/proc/net/tcp6'];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.join('\n');
}
