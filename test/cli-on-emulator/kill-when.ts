import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EmulatedPodid } from './emulated-podid.ts';
import { until } from './moving-worlds.ts';

const program = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));

/** As `programs/a-day-later.ts` of the tests on a cluster: the same clock, 25 hours ahead. */
const aDayLater = `data:text/javascript,${encodeURIComponent(`
const ahead = 25 * 60 * 60 * 1000;
globalThis.Date = new Proxy(Date, {
  construct: (target, args) => (args.length === 0 ? new target(target.now() + ahead) : Reflect.construct(target, args)),
  get: (target, name) => (name === 'now' ? () => target.now() + ahead : Reflect.get(target, name)),
});`)}`;

/**
 * Runs podid as a process of its own, and kills it as `kill -9` does, the moment that a condition holds. @throws where it ended
 * before that
 */
export async function killWhen(
  { emulator }: EmulatedPodid,
  line: string,
  holds: () => boolean,
  clock: 'now' | 'a day later' = 'now',
): Promise<void> {
  const later = clock === 'now' ? [] : ['--import', aDayLater];
  const child = spawn(process.execPath, [...later, program, ...line.split(' ')], {
    env: { PATH: process.env['PATH'], PODID_POLL_INTERVAL: '20ms', ...emulator.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  const ended = once(child, 'close');
  const isOver = () => child.exitCode !== null;
  await until(`the moment to kill ${line}`, () => isOver() || holds());
  if (isOver()) {
    throw new Error(`podid ${line} ended before it was killed: ${text}`);
  }
  child.kill('SIGKILL');
  await ended;
}
