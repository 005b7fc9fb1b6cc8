import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  AccessToken,
  AsksAnew,
  IssuedAnswer,
  TokenQuestion,
  UpstreamSource,
} from '../../../src/nmi/tokens/token.ts';
import { createTokenCache, type TokenCacheOptions } from '../../../src/nmi/tokens/token-cache.ts';
import { TokenRefused } from '../../../src/nmi/tokens/token-error.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';

const signal = new AbortController().signal;
setMaxListeners(0, signal);
const day = 86_400_000;

function question(askerId = 'pod-1', resource = 'https://vault.azure.net', clientId = 'id-1'): TokenQuestion {
  return { subject: { kind: 'managed-identity', choice: { clientId } }, resource, askerId };
}

/** A source of numbered tokens that answers when asked to, or after `takesMs`. */
function world(overrides: Partial<TokenCacheOptions> = {}) {
  const clock = handClock();
  const source = {
    calls: [] as TokenQuestion[],
    takesMs: 0,
    lifetimeMs: day,
    fail: undefined as Error | undefined,
  };
  const issue = (asked: TokenQuestion): IssuedAnswer => {
    const token: AccessToken = {
      accessToken: `token-${source.calls.length}-${asked.resource}`,
      clientId: 'id-1',
      resource: asked.resource,
      tokenType: 'Bearer',
      expiresOnSec: (clock.now() + source.lifetimeMs) / 1000,
      notBeforeSec: 0,
    };
    return { answer: [token], lifetimeMs: source.lifetimeMs };
  };
  const upstream: UpstreamSource = {
    async fetch(request, stop) {
      source.calls.push(request.question);
      if (source.takesMs > 0) {
        await clock.sleep(source.takesMs, stop);
      }
      if (source.fail) {
        throw source.fail;
      }
      return issue(request.question);
    },
  };
  const tags = { current: 'tag-1' };
  const cache = createTokenCache({
    sources: { imds: upstream, entra: upstream, exchange: upstream },
    credentials: { known: () => tags.current, read: async () => tags.current },
    clock,
    ...overrides,
  });
  const ask = async (asked = question()) => (await cache.token(asked, signal))[0].accessToken;
  return { clock, source, cache, ask, tags };
}

const refused = (overrides = {}) =>
  new TokenRefused({ status: 503, error: 'temporarily_unavailable', description: 'away', ...overrides });

describe('the token cache', () => {
  it('asks upstream once for one identity and resource, whoever asks and in whichever case', async () => {
    const { ask, source, cache } = world();
    const first = await ask();
    expect(await ask(question('pod-2', undefined, 'ID-1'))).toBe(first);
    expect(cache.peek(question('pod-2'))?.[0].accessToken).toBe(first);
    expect(source.calls).toHaveLength(1);
  });

  it('shares one call among all who wait, and a waiter that leaves takes nobody with it', async () => {
    const { clock, cache, source } = world();
    source.takesMs = 500;
    const leaving = new AbortController();
    const left = cache.token(question('pod-1'), leaving.signal);
    const stayed = cache.token(question('pod-2'), signal);
    await settle();
    leaving.abort(new Error('client went away'));
    await expect(left).rejects.toThrow('client went away');
    await clock.advance(500);
    expect((await stayed)[0].accessToken).toContain('token-1');
    expect(source.calls).toHaveLength(1);
  });

  it('answers by peek only who was answered before', async () => {
    const { ask, cache } = world();
    expect(cache.peek(question())).toBeUndefined();
    await ask();
    expect(cache.peek(question())).toBeDefined();
    expect(cache.peek(question('pod-2'))).toBeUndefined();
  });

  it('renews in the background before half of the lifetime is over, and only when somebody asks', async () => {
    const { clock, ask, source, cache } = world();
    const first = await ask();
    await clock.advance(day * 0.6);
    expect(source.calls).toHaveLength(1);
    expect(cache.peek(question())?.[0].accessToken).toBe(first);
    await settle();
    expect(source.calls).toHaveLength(2);
    expect(await ask()).not.toBe(first);
  });

  it('keeps a good token while renewals fail, until its end', async () => {
    const { clock, ask, source } = world();
    const first = await ask();
    source.fail = refused({ retryAfterSec: 1 });
    await clock.advance(day * 0.9);
    expect(await ask()).toBe(first);
    await clock.advance(day * 0.1 - 121_000);
    expect(await ask()).toBe(first);
    await clock.advance(2_000);
    expect(await ask()).toBe(first);
    expect(source.calls.length).toBeLessThan(8);
    await clock.advance(113_000);
    expect(await ask()).toBe(first);
    await clock.advance(2_000);
    await expect(ask()).rejects.toMatchObject({ status: 503 });
  });

  it('gives in the last minutes of a token a new one where there is one, and the old one after a moment where that is slow', async () => {
    const { clock, ask, source, cache } = world();
    const first = await ask();
    await clock.advance(day - 100_000);
    source.takesMs = 60_000;
    const slow = cache.token(question(), signal);
    await clock.advance(2_000);
    expect((await slow)[0].accessToken).toBe(first);
    await clock.advance(60_000);
    expect(await ask()).not.toBe(first);
    expect(source.calls).toHaveLength(2);
  });

  it('keeps a token in its last minutes, though others come and go and no new one is to be had', async () => {
    const { clock, ask, source } = world();
    const first = await ask();
    await clock.advance(day - 100_000);
    expect(await ask(question('pod-2', 'https://storage.azure.com/'))).toContain('storage');
    source.fail = refused();
    expect(await ask()).toBe(first);
  });

  it('gives no token whose replacement was asked for, be it near its end', async () => {
    const { clock, ask, source } = world();
    await ask();
    await clock.advance(day - 100_000);
    source.fail = refused();
    await expect(ask({ ...question(), asksAnew: {} })).rejects.toMatchObject({ status: 503 });
  });

  it('waits shortly for a renewal when the token is near its end, and then gives the old one', async () => {
    const { clock, cache, source, ask } = world();
    const first = await ask();
    await clock.advance(day - 5 * 60_000);
    source.takesMs = 60_000;
    const slow = cache.token(question(), signal);
    expect(cache.peek(question())).toBeUndefined();
    await clock.advance(2_000);
    expect((await slow)[0].accessToken).toBe(first);
    await clock.advance(60_000);
    expect(await ask()).not.toBe(first);
  });

  it('remembers a failure for as long as Retry-After says, and counts it down', async () => {
    const { clock, ask, source } = world();
    source.fail = refused({ status: 429, retryAfterSec: 7 });
    await expect(ask()).rejects.toMatchObject({ status: 429, retryAfterSec: 7 });
    await clock.advance(3_000);
    await expect(ask()).rejects.toMatchObject({ status: 429, retryAfterSec: 4 });
    expect(source.calls).toHaveLength(1);
    source.fail = undefined;
    await clock.advance(4_000);
    expect(await ask()).toContain('token-2');
  });

  it('forgets at once a refusal that concerned one asker alone', async () => {
    const { ask, source } = world();
    source.fail = refused({ holdsForOthers: false });
    await expect(ask()).rejects.toMatchObject({ status: 503 });
    source.fail = undefined;
    expect(await ask(question('pod-2'))).toContain('token-2');
  });

  it('does not trust a wall clock that jumped, forwards or backwards', async () => {
    const { clock, ask, source, cache } = world();
    const first = await ask();
    clock.jump(-10 * day);
    await clock.advance(day);
    expect(cache.peek(question())).toBeUndefined();
    const second = await ask();
    expect(second).not.toBe(first);
    clock.jump(5 * day);
    await clock.advance(11_000);
    expect(await ask()).not.toBe(second);
    expect(source.calls).toHaveLength(3);
  });

  it('shares for ten seconds an answer that is near its end from the start', async () => {
    const { clock, ask, source } = world();
    source.lifetimeMs = 60_000;
    const first = await ask();
    await clock.advance(9_000);
    expect(await ask()).toBe(first);
    await clock.advance(2_000);
    expect(await ask()).not.toBe(first);
  });

  it('lets one pod’s thousand resources push out that pod’s alone', async () => {
    const { ask, cache } = world();
    await ask(question('modest', 'https://kept'));
    for (let number = 0; number < 1_000; number += 1) {
      await ask(question('greedy', `https://resource-${number}`));
    }
    expect(cache.peek(question('modest', 'https://kept'))).toBeDefined();
    const held = Array.from({ length: 1_000 }, (_, number) =>
      cache.peek(question('greedy', `https://resource-${number}`)),
    );
    expect(held.filter((answer) => answer !== undefined)).toHaveLength(50);
  });

  it('keeps the newest tokens that fit into its bytes, however many have passed through', async () => {
    const { ask, cache } = world({ bounds: { keys: 1_000, bytes: 2_000, keysPerAsker: 50 } });
    for (let number = 0; number < 100; number += 1) {
      await ask(question(`pod-${number}`, `r${number}`));
    }
    const held = [93, 94, 95, 96, 97, 98, 99].filter((number) =>
      cache.peek(question(`pod-${number}`, `r${number}`)),
    );
    expect(held.slice(-3)).toEqual([97, 98, 99]);
    expect(cache.peek(question('pod-0', 'r0'))).toBeUndefined();
  });

  it('refuses the fifty-first call of one pod while fifty are under way', async () => {
    const { clock, cache, source } = world();
    source.takesMs = 1_000;
    const asked = Array.from({ length: 51 }, (_, number) =>
      cache.token(question('greedy', `r${number}`), signal).catch((error: unknown) => error),
    );
    await clock.advance(1_000);
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((outcome) => outcome instanceof TokenRefused)).toHaveLength(1);
    expect(outcomes[50]).toMatchObject({ status: 503, retryAfterSec: 2 });
  });

  it('keeps a token for the next pod of the identity, and renews nothing for one that is gone', async () => {
    const { clock, ask, cache, source } = world();
    const first = await ask();
    cache.forget('pod-1');
    await clock.advance(day * 0.6);
    expect(cache.peek(question())).toBeUndefined();
    expect(source.calls).toHaveLength(1);
    expect(await ask(question('pod-2'))).toBe(first);
  });

  it('aborts the call that only a forgotten pod waited for', async () => {
    const { clock, cache, source } = world();
    source.takesMs = 5_000;
    const waiting = cache.token(question(), signal).catch((error: unknown) => error);
    await settle();
    cache.forget('pod-1');
    await clock.advance(1);
    expect(await waiting).toMatchObject({ status: 503 });
  });

  it('gives a principal with another credential, endpoint or Secret another token', async () => {
    const { cache, source, tags } = world();
    const principal = {
      kind: 'secret' as const,
      namespace: 'a',
      tenantId: 't',
      auxiliaryTenantIds: [],
      clientId: 'sp',
      secret: { namespace: 'a', name: 's' },
    };
    const variants = [
      principal,
      { ...principal, namespace: 'b', secret: { namespace: 'b', name: 's' } },
      { ...principal, secret: { namespace: 'a', name: 's2' } },
      { ...principal, kind: 'certificate' as const },
      { ...principal, clientId: 'sp2' },
      { ...principal, adEndpoint: 'https://login.microsoftonline.us/' },
      { ...principal, tenantId: 't2' },
      { ...principal, auxiliaryTenantIds: ['t2'] },
    ];
    for (const subject of [...variants, ...variants]) {
      await cache.token({ subject, resource: 'r', askerId: 'pod' }, signal);
    }
    expect(source.calls).toHaveLength(variants.length);
    tags.current = 'tag-of-bogus-secret';
    await cache.token({ subject: principal, resource: 'r', askerId: 'pod' }, signal);
    expect(source.calls).toHaveLength(variants.length + 1);
  });

  it('cannot be made to take one identity for another, whatever its id holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 2, maxLength: 8 }),
        async (pairs) => {
          const { cache } = world();
          const answers = new Map<string, string>();
          for (const [clientId, resource] of pairs) {
            const [token] = await cache.token(question('pod', resource, clientId), signal);
            const name = JSON.stringify([clientId.toLowerCase(), resource]);
            expect(answers.get(name) ?? token.accessToken).toBe(token.accessToken);
            answers.set(name, token.accessToken);
          }
          expect(new Set(answers.values()).size).toBe(answers.size);
        },
      ),
    );
  });

  it('holds its bounds and its promises through any course of events', async () => {
    const bounds = { keys: 6, bytes: 2_000, keysPerAsker: 3 };
    const step = fc.oneof(
      fc.record({ do: fc.constant('ask' as const), pod: fc.nat(3), key: fc.nat(9) }),
      fc.record({
        do: fc.constant('pass' as const),
        ms: fc.constantFrom(1, 900, 30_000, 20 * 60_000, day / 3),
      }),
      fc.record({ do: fc.constant('fail' as const), on: fc.boolean() }),
      fc.record({ do: fc.constant('forget' as const), pod: fc.nat(3) }),
      fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -day, max: day }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const seen = { keys: 0, bytes: 0 };
        const metrics = {
          hit() {},
          shared() {},
          miss() {},
          renewal() {},
          refused() {},
          upstream() {},
          cached: (keys: number, bytes: number) => Object.assign(seen, { keys, bytes }),
        };
        const { clock, cache, source } = world({ bounds, metrics });
        source.takesMs = 700;
        const outcomes: Promise<void>[] = [];
        for (const event of steps) {
          if (event.do === 'ask') {
            const asked = question(`pod-${event.pod}`, `r${event.key}`);
            const outcome = cache.token(asked, signal).then(
              ([token]) => {
                expect(token.accessToken.endsWith(`-r${event.key}`)).toBe(true);
              },
              (error: unknown) => expect(error).toBeInstanceOf(TokenRefused),
            );
            outcomes.push(outcome);
            const peeked = cache.peek(asked)?.[0];
            expect(peeked === undefined || peeked.expiresOnSec * 1000 > clock.now()).toBe(true);
          } else if (event.do === 'pass') {
            await clock.advance(event.ms);
          } else if (event.do === 'fail') {
            source.fail = event.on ? refused({ retryAfterSec: 3 }) : undefined;
          } else if (event.do === 'forget') {
            cache.forget(`pod-${event.pod}`);
          } else {
            clock.jump(event.ms);
          }
        }
        await clock.advance(10_000);
        await Promise.all(outcomes);
        // Calls under way may exceed the bound by one share for each pod; afterwards nothing does.
        expect(seen.keys).toBeLessThanOrEqual(Math.max(bounds.keys, 4 * bounds.keysPerAsker));
        expect(seen.bytes).toBeLessThanOrEqual(bounds.bytes + 300);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a token that a caller wants new', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const anew = (asksAnew: AsksAnew, askerId = 'pod-1') => ({ ...question(askerId), asksAnew });

  it('is fetched, and everybody has the new one from then on', async () => {
    const { clock, ask, cache, source } = world();
    const first = await ask();
    await clock.advance(60_000);
    expect(cache.peek(anew({}))).toBeUndefined();
    const second = await ask(anew({ tokenSha256: sha256(first) }));
    expect(second).not.toBe(first);
    expect(source.calls.map(({ asksAnew }) => asksAnew)).toEqual([undefined, { tokenSha256: sha256(first) }]);
    expect(await ask(question('pod-2'))).toBe(second);
  });

  it('is the one in memory where that is another than the one named', async () => {
    const { clock, ask, cache, source } = world();
    const first = await ask();
    await clock.advance(60_000);
    expect(await ask(anew({ tokenSha256: sha256('yesterday') }))).toBe(first);
    expect(cache.peek(anew({ tokenSha256: sha256('yesterday') }))?.[0].accessToken).toBe(first);
    expect(source.calls).toHaveLength(1);
  });

  it.each([['by everybody'], ['by one']])('is fetched once a minute at most, asked for %s', async (who) => {
    const { clock, ask, source } = world();
    await ask();
    for (let second = 0; second < 300; second++) {
      await ask(anew({}, who === 'by one' ? 'pod-1' : `pod-${second}`));
      await clock.advance(1_000);
    }
    expect(source.calls.length).toBeLessThanOrEqual(5);
    expect(source.calls.length).toBeGreaterThan(3);
  });

  it('is fetched once a minute at most while that fails, and spoils the one in memory for nobody', async () => {
    const { clock, ask, source } = world();
    const first = await ask();
    await clock.advance(60_000);
    source.fail = refused({ holdsForOthers: false });
    await expect(ask(anew({}))).rejects.toMatchObject({ status: 503 });
    expect(await ask(question('pod-2'))).toBe(first);
    for (let second = 0; second < 50; second++) {
      await clock.advance(1_000);
      expect(await ask(anew({}))).toBe(first);
    }
    expect(source.calls).toHaveLength(2);
  });
});
