import { describe, expect, it } from 'vitest';
import { removeStartupTaint, type StartupTaintPorts } from '../../../src/nmi/cluster/startup-taint.ts';

const quiet = { info: () => undefined, warn: () => undefined } as unknown as StartupTaintPorts['logger'];

/** A clock on which waiting takes no time, and which reports how long was waited. */
function counted() {
  const waits: number[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    random: () => 1,
    sleep: (ms: number, signal: AbortSignal) => {
      waits.push(ms);
      return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
    },
  };
  return { clock, waits };
}

describe('the removal of the startup taint', () => {
  it('waits until the agent is ready, comes again after each failure, ever later, and does it once', async () => {
    const { clock, waits } = counted();
    let looks = 0;
    let tries = 0;
    await removeStartupTaint(
      'key',
      {
        isReady: () => {
          looks += 1;
          return looks > 3;
        },
        remove: async () => {
          tries += 1;
          if (tries < 10) {
            throw new Error('conflict');
          }
          return 'removed';
        },
        clock,
        logger: quiet,
      },
      new AbortController().signal,
    );
    expect(tries).toBe(10);
    expect(waits).toEqual([200, 200, 200, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('ends with the agent', async () => {
    const { clock } = counted();
    const stop = new AbortController();
    let tries = 0;
    const remove = async (): Promise<'removed'> => {
      tries += 1;
      if (tries === 3) {
        stop.abort(new Error('SIGTERM'));
      }
      throw new Error('away');
    };
    await removeStartupTaint('key', { isReady: () => true, remove, clock, logger: quiet }, stop.signal);
    expect(tries).toBe(3);
  });
});
