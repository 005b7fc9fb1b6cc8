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

  it('names its owner', () => {
    expect(callerOfToken(token)).toBe('anna@contoso.com (object 0b1ec7)');
    expect(callerOfToken('opaque')).toBe('The signed-in principal');
  });
});
