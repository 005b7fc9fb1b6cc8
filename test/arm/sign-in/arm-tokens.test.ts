import { describe, expect, it } from 'vitest';
import { createArmTokens } from '../../../src/arm/sign-in/arm-tokens.ts';
import { callerOfToken } from '../../../src/arm/sign-in/caller-of-token.ts';
import { token } from '../arm-server.ts';

describe('the token', () => {
  function tokensOf(...given: string[]) {
    const asked: unknown[] = [];
    let nowMs = 0;
    const tokens = createArmTokens({
      scope: 's',
      now: () => nowMs,
      signIn: async () => ({
        async getToken(_scope, options) {
          asked.push(options?.claims);
          return { token: given.shift() ?? 'none', expiresOnTimestamp: nowMs + 3_600_000 };
        },
      }),
    });
    return { tokens, asked, pass: (ms: number) => (nowMs += ms) };
  }

  it('is asked for once by all who want it at the same time', async () => {
    const { tokens, asked } = tokensOf('a', 'b');
    expect(await Promise.all([tokens.get(undefined), tokens.get(undefined)])).toEqual(['a', 'a']);
    expect(await tokens.get(undefined)).toBe('a');
    expect(asked).toHaveLength(1);
  });

  it('is renewed before it ends', async () => {
    const { tokens, pass } = tokensOf('a', 'b');
    expect(await tokens.get(undefined)).toBe('a');
    pass(3_400_000);
    expect(await tokens.get(undefined)).toBe('b');
  });

  it('is renewed once for all whose token was refused, with the claims of the challenge', async () => {
    const { tokens, asked } = tokensOf('a', 'b', 'c');
    await tokens.get(undefined);
    expect(await tokens.renew('a', '{"x":1}', undefined)).toBe('b');
    expect(await tokens.renew('a', undefined, undefined)).toBe('b');
    expect(asked).toEqual([undefined, '{"x":1}']);
  });

  it('ends what was begun with the last who waits, and begins anew for the next', async () => {
    const begun: AbortSignal[] = [];
    const tokens = createArmTokens({
      scope: 's',
      now: () => 0,
      signIn: async () => ({
        getToken(_scope, options) {
          const signal = options?.abortSignal as AbortSignal;
          begun.push(signal);
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      }),
    });
    const [one, other] = [new AbortController(), new AbortController()];
    const waiting = [tokens.get(one.signal), tokens.get(other.signal)];
    one.abort(new Error('one left'));
    await expect(waiting[0]).rejects.toThrow('one left');
    expect(begun.map(({ aborted }) => aborted)).toEqual([false]);
    other.abort(new Error('the other left'));
    await expect(waiting[1]).rejects.toThrow('the other left');
    expect(begun.map(({ aborted }) => aborted)).toEqual([true]);
    const last = new AbortController();
    const third = tokens.get(last.signal);
    await Promise.resolve();
    last.abort(new Error('enough'));
    await expect(third).rejects.toThrow('enough');
    expect(begun).toHaveLength(2);
  });

  it('names its owner', () => {
    expect(callerOfToken(token)).toBe('anna@contoso.com (object 0b1ec7)');
    expect(callerOfToken('opaque')).toBe('The signed-in principal');
  });
});
