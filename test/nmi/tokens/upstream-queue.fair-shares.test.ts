import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { TokenQuestion, UpstreamSource } from '../../../src/nmi/tokens/token.ts';
import { createTokenCache } from '../../../src/nmi/tokens/token-cache.ts';
import { TokenRefused } from '../../../src/nmi/tokens/token-error.ts';
import { createUpstreamQueue, imdsTokenLimits } from '../../../src/nmi/tokens/upstream-queue.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

const signal = new AbortController().signal;
setMaxListeners(0, signal);

/** IMDS at its documented pace: an answer after ten milliseconds. */
function world() {
  const clock = handClock();
  const namespaceOf = (askerId: string) => askerId.split('/')[0] ?? '';
  const queue = createUpstreamQueue({ clock, limits: imdsTokenLimits, namespaceOf });
  let calls = 0;
  const imds: UpstreamSource = {
    fetch: ({ question: { resource }, askers }, stop) =>
      queue.run(askers, stop, async () => {
        calls += 1;
        await clock.sleep(10, stop);
        const expiresOnSec = clock.now() / 1000 + 86_400;
        const token = {
          accessToken: 't',
          clientId: 'c',
          resource,
          tokenType: 'Bearer',
          expiresOnSec,
          notBeforeSec: 0,
        };
        return { answer: [token], lifetimeMs: 86_400_000 };
      }),
  };
  const credentials = { known: () => undefined, read: () => Promise.reject(new Error('no principal here')) };
  const cache = createTokenCache({
    sources: { imds, entra: imds, exchange: imds },
    credentials,
    clock,
    namespaceOf,
  });
  const ask = (askerId: string, resource: string) => {
    const askedAtMs = clock.monotonic();
    const question: TokenQuestion = {
      subject: { kind: 'managed-identity', choice: { clientId: 'shared' } },
      resource,
      askerId,
    };
    return cache.token(question, signal).then(
      () => clock.monotonic() - askedAtMs,
      (error: unknown) => error,
    );
  };
  return { clock, ask, calls: () => calls };
}

describe('a node whose pods want tokens at once', () => {
  it('answers a modest pod within a second while another asks for a thousand resources', async () => {
    const { clock, ask } = world();
    const greedy = Array.from({ length: 1_000 }, (_, number) => ask('greedy', `https://${number}`));
    await clock.advance(500);
    const own = ask('modest', 'https://own');
    const last = ask('other', 'https://39');
    await clock.advance(20_000);
    expect(await own).toBeLessThan(1_000);
    expect(await last).toBeLessThan(1_000);
    const outcomes = await Promise.all(greedy);
    const refused = outcomes.filter((outcome) => outcome instanceof TokenRefused);
    expect(refused.length).toBeGreaterThan(900);
    expect(refused.every(({ status, retryAfterSec }) => status === 503 && Number(retryAfterSec) > 0)).toBe(
      true,
    );
  });

  it('answers a newcomer, again and again, while thirteen pods of another namespace fill the queue', async () => {
    const { clock, ask } = world();
    const greedy: Promise<unknown>[] = [];
    const waits: unknown[] = [];
    for (let round = 0; round < 10; round += 1) {
      for (let pod = 0; pod < 13; pod += 1) {
        for (let number = 0; number < 50; number += 1) {
          greedy.push(ask(`tenant/${pod}`, `https://${pod}-${round}-${number}`));
        }
      }
      await clock.advance(100);
      const own = ask('shop/web', `https://own-${round}`);
      await clock.advance(1_000);
      waits.push(await own);
    }
    expect(waits.filter((wait) => typeof wait === 'number' && wait < 1_000)).toHaveLength(10);
    await clock.advance(100_000);
    const refused = (await Promise.all(greedy)).filter((outcome) => outcome instanceof TokenRefused);
    expect(refused.length).toBeGreaterThan(1_000);
  });

  it('gives a namespace of one pod as many turns as one of thirteen, all of which wait', async () => {
    const { clock, ask } = world();
    const own = Array.from({ length: 20 }, (_, number) => ask('shop/web', `https://own-${number}`));
    const greedy = Array.from({ length: 520 }, (_, number) =>
      ask(`tenant/${number % 13}`, `https://${number}`),
    );
    await clock.advance(4_000);
    expect(await Promise.all(own)).toEqual(Array.from({ length: 20 }, () => expect.any(Number)));
    await clock.advance(100_000);
    await Promise.all(greedy);
  });

  it('asks once for each identity and resource, with 250 pods that ask four times each', async () => {
    const { clock, ask, calls } = world();
    const all = Array.from({ length: 1_000 }, (_, number) =>
      ask(`pod-${number % 250}`, `https://${number % 20}`),
    );
    await clock.advance(5_000);
    expect((await Promise.all(all)).every((outcome) => typeof outcome === 'number')).toBe(true);
    expect(calls()).toBe(20);
  });
});
