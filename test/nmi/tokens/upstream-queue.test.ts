import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NamespaceOf, ownNamespace } from '../../../src/nmi/tokens/token.ts';
import { TokenRefused } from '../../../src/nmi/tokens/token-error.ts';
import {
  createUpstreamQueue,
  imdsTokenLimits,
  type UpstreamQueueLimits,
} from '../../../src/nmi/tokens/upstream-queue.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';

const signal = new AbortController().signal;
setMaxListeners(0, signal);

function world(overrides: Partial<UpstreamQueueLimits> = {}, namespaceOf: NamespaceOf = ownNamespace) {
  const clock = handClock();
  const queue = createUpstreamQueue({ clock, limits: { ...imdsTokenLimits, ...overrides }, namespaceOf });
  const starts: { asker: string; at: number }[] = [];
  let running = 0;
  let mostRunning = 0;
  const call = (asker: string, takesMs: number, askers = new Set([asker]), stop = signal) =>
    queue.run(askers, stop, async () => {
      starts.push({ asker, at: clock.monotonic() });
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await clock.sleep(takesMs, signal);
      running -= 1;
      return asker;
    });
  return { clock, queue, call, starts, mostRunning: () => mostRunning };
}

describe('the queue before IMDS', () => {
  it('never runs more than four at once and never starts more than fifteen in any second', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(900), fc.nat(300)), { maxLength: 60 }),
        async (calls) => {
          const { clock, call, starts, mostRunning } = world({ waitingPerAsker: 100 });
          const all: Promise<string>[] = [];
          for (const [asker, takesMs, pauseMs] of calls) {
            all.push(call(asker, takesMs));
            await clock.advance(pauseMs);
          }
          await clock.advance(60_000);
          expect(await Promise.all(all)).toEqual(calls.map(([asker]) => asker));
          expect(mostRunning()).toBeLessThanOrEqual(4);
          for (const { at } of starts) {
            expect(
              starts.filter((other) => other.at >= at && other.at < at + 1000).length,
            ).toBeLessThanOrEqual(15);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('loses none of the fifteen while calls wait: fifty by as many pods begin within three seconds', async () => {
    const { clock, call, starts } = world({}, () => 'shop');
    const begun = clock.monotonic();
    const all = Array.from({ length: 50 }, (_, pod) => call(`pod-${pod}`, 10));
    await clock.advance(5_000);
    await Promise.all(all);
    const startedBy = (ms: number) => starts.filter(({ at }) => at - begun < ms).length;
    expect([100, 1100, 2100, 3100].map(startedBy)).toEqual([15, 30, 45, 50]);
  });

  it('serves askers in turns, so that forty calls of one delay another by one turn', async () => {
    const { clock, call, starts } = world({ atOnce: 1 });
    const greedy = Array.from({ length: 40 }, () => call('greedy', 50));
    await clock.advance(60);
    const modest = Array.from({ length: 3 }, () => call('modest', 50));
    await clock.advance(30_000);
    await Promise.all([...greedy, ...modest]);
    const order = starts.map(({ asker }) => asker);
    expect(order.slice(0, 8)).toEqual([
      'greedy',
      'greedy',
      'modest',
      'greedy',
      'modest',
      'greedy',
      'modest',
      'greedy',
    ]);
  });

  it('gives a newcomer the next place once, not each time it comes back', async () => {
    const { clock, call, starts } = world({ atOnce: 1, perSecond: 1_000 });
    const subject = ['a', 'b', 'c'].flatMap((asker) => Array.from({ length: 5 }, () => call(asker, 10)));
    const comesBack = (async () => {
      for (let time = 0; time < 5; time += 1) {
        await call('eager', 10);
      }
    })();
    await clock.advance(10_000);
    await Promise.all([...subject, comesBack]);
    const firstTen = starts.slice(0, 10).map(({ asker }) => asker);
    expect(firstTen.filter((asker) => asker === 'eager').length).toBeLessThanOrEqual(3);
  });

  it('runs a shared call at the turn of whoever comes first of those who want it', async () => {
    const { clock, call, starts } = world({ atOnce: 1 });
    const greedy = Array.from({ length: 20 }, () => call('greedy', 50));
    const askers = new Set(['greedy']);
    const shared = call('shared', 50, askers);
    askers.add('modest');
    await clock.advance(30_000);
    await Promise.all([...greedy, shared]);
    expect(starts.map(({ asker }) => asker).indexOf('shared')).toBeLessThanOrEqual(2);
  });

  it('refuses at once, with Retry-After, what exceeds one asker’s part, and takes others still', async () => {
    const { clock, call } = world({ waitingPerAsker: 5 });
    const calls = Array.from({ length: 20 }, () => call('greedy', 50).catch((error: unknown) => error));
    const other = call('modest', 50);
    await clock.advance(30_000);
    const refused = (await Promise.all(calls)).filter((outcome) => outcome instanceof TokenRefused);
    expect(refused).toHaveLength(20 - 2 - 5);
    expect(refused[0]).toMatchObject({
      status: 503,
      retryAfterSec: expect.any(Number),
      holdsForOthers: false,
    });
    expect(await other).toBe('modest');
  });

  it('forgets a waiter that goes away, and gives its place to others', async () => {
    const { clock, call, starts } = world({ atOnce: 1, waitingPerAsker: 1 });
    const first = call('a', 50);
    const leaving = new AbortController();
    const left = call('leaver', 50, new Set(['a']), leaving.signal);
    await settle();
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    const second = call('a', 50);
    await clock.advance(1_000);
    await Promise.all([first, second]);
    expect(starts.map(({ asker }) => asker)).toEqual(['a', 'a']);
  });

  it('leaves a place for others while one asker waits for slow answers', async () => {
    const { clock, call, starts } = world();
    const greedy = Array.from({ length: 40 }, () => call('greedy', 9_000));
    await clock.advance(100);
    const other = call('other', 10);
    await clock.advance(20);
    expect(await other).toBe('other');
    expect(starts.map(({ asker }) => asker)).toEqual(['greedy', 'greedy', 'other']);
    await clock.advance(300_000);
    await Promise.all(greedy);
  });

  it('leaves the last place to an asker of whom nothing runs', async () => {
    const { clock, call, starts } = world();
    const slow = ['a', 'a', 'a', 'b', 'b', 'b'].map((asker) => call(asker, 9_000));
    await clock.advance(100);
    expect(starts).toHaveLength(3);
    const newcomer = call('c', 10);
    await clock.advance(20);
    expect(await newcomer).toBe('c');
    await clock.advance(60_000);
    expect(await Promise.all(slow)).toHaveLength(6);
  });

  it('leaves the last place to a namespace of which nothing runs, however many pods another has', async () => {
    const { clock, call, starts } = world({}, (asker) => asker.split('/')[0] ?? '');
    const slow = ['a/1', 'a/2', 'a/3', 'a/4', 'a/5'].map((asker) => call(asker, 9_000));
    await clock.advance(100);
    expect(starts).toHaveLength(3);
    const newcomer = call('b/1', 10);
    await clock.advance(20);
    expect(await newcomer).toBe('b/1');
    await clock.advance(60_000);
    expect(await Promise.all(slow)).toHaveLength(5);
  });

  it('refuses of whoever waits for most, when it is full, what it shares with nobody', async () => {
    const { clock, call } = world(
      { atOnce: 1, waiting: 4, runningPerAsker: 1 },
      (asker) => asker.split('/')[0] ?? '',
    );
    const running = call('a/1', 1_000);
    await settle();
    const outcomes = ['a/1', 'a/2', 'a/3'].map((asker) => call(asker, 10).catch(() => 'refused'));
    const shared = call('a/1', 10, new Set(['a/1', 'b/1']));
    const newcomer = call('b/2', 10);
    await clock.advance(30_000);
    expect(await Promise.all([running, ...outcomes, shared, newcomer])).toEqual([
      'a/1',
      'refused',
      'a/2',
      'a/3',
      'a/1',
      'b/2',
    ]);
  });

  it('refuses a namespace with fewer calls at no time while another has more that wait', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1'), { maxLength: 60 }),
        async (askers) => {
          const namespaceOf = (asker: string) => asker.split('/')[0] ?? '';
          const { clock, call } = world({ atOnce: 1, waiting: 10, waitingPerAsker: 100 }, namespaceOf);
          const first = call('x/1', 1_000);
          await settle();
          const calls = askers.map(async (asker, number) => {
            try {
              return await call(asker, 1);
            } catch {
              return `refused ${number}`;
            }
          });
          await settle();
          await clock.advance(100_000);
          await first;
          const outcomes = await Promise.all(calls);
          const waiting = outcomes.filter((outcome) => !outcome.startsWith('refused')).map(namespaceOf);
          const count = (all: readonly string[], namespace: string) =>
            all.filter((each) => each === namespace).length;
          for (const namespace of ['a', 'b', 'c']) {
            const kept = count(waiting, namespace);
            const isRefused = kept < count(askers.map(namespaceOf), namespace);
            const most = Math.max(...['a', 'b', 'c'].map((other) => count(waiting, other)));
            expect(isRefused && most > kept + 1).toBe(false);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('goes on after a call that failed', async () => {
    const { clock, queue, call } = world({ atOnce: 1 });
    const failing = queue.run(new Set(['a']), signal, () => Promise.reject(new Error('no')));
    const next = call('b', 10);
    await expect(failing).rejects.toThrow('no');
    await clock.advance(100);
    expect(await next).toBe('b');
  });
});
