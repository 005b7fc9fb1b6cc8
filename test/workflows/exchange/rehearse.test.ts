import { describe, expect, it } from 'vitest';
import type { ExchangeAnswer } from '../../../src/domain/azure/federated-credential.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { accountTokens } from '../../../src/workflows/exchange/account-tokens.ts';
import { rehearse } from '../../../src/workflows/exchange/rehearse.ts';
import { steppedClock } from '../../domain/time/stepped-clock.ts';
import { refusedBy, tokenOf } from './exchange-world.ts';

const identity = { resourceId: '/x', clientId: 'client', principalId: 'object', tenantId: 'tenant' };
const good = tokenOf(identity);
const { signal } = new AbortController();

function start(answerOf: (count: number) => ExchangeAnswer, makeToken: () => void = () => undefined) {
  const clock = steppedClock();
  const times: number[] = [];
  const made: number[] = [];
  const kube = {
    accountToken: async () => {
      makeToken();
      made.push(clock.monotonic());
      return { token: `token-${made.length}`, issuer: '' };
    },
  };
  const tokens = accountTokens(kube, { account: { namespace: 'n', name: 'a' }, audience: 'x' }, clock);
  const azure = {
    exchangeAssertion: async () => {
      times.push(clock.monotonic());
      return answerOf(times.length - 1);
    },
  };
  const run = (rounds: number, overMs: number) =>
    rehearse({ azure, tokens, clock, signal }, identity, { rounds, overMs });
  return { run, times, made, clock };
}

describe('a rehearsal', () => {
  it('asks so often over so long, with a token that is never older than four minutes', async () => {
    const { run, times, made } = start(() => good);
    expect(await run(20, 600_000)).toEqual({ passed: 20, refused: 0 });
    expect([times[0], times.at(-1)]).toEqual([0, 600_000]);
    expect(made.map((ms) => Math.floor(ms / 1000))).toEqual([0, 252, 505]);
  });

  it('of one round asks once', async () => {
    const { run, times } = start(() => good);
    expect(await run(1, 120_000)).toEqual({ passed: 1, refused: 0 });
    expect(times).toEqual([0]);
  });

  it('waits for minutes for the first token, asking seldom, and counts the time from there', async () => {
    const { run, times } = start((count) => (count < 10 ? refusedBy('AADSTS70021') : good));
    expect(await run(2, 120_000)).toEqual({ passed: 2, refused: 10 });
    expect(times.slice(0, 3)).toEqual([0, 15_000, 30_000]);
    expect(times.slice(-2)).toEqual([150_000, 270_000]);
  });

  it('gives up on a first token that never comes', async () => {
    const { run, clock } = start(() => refusedBy('AADSTS700213'));
    const { failure, passed } = await run(20, 120_000);
    expect([failure, passed]).toEqual(['AADSTS700213: AADSTS700213: Entra says no.', 0]);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(300_000);
    expect(clock.monotonic()).toBeLessThan(330_000);
  });

  it('after the first asks as often as the agent does, 18 s long', async () => {
    const { run, times } = start((count) => (count === 0 ? good : refusedBy('AADSTS700213')));
    expect(await run(2, 1000)).toMatchObject({ passed: 1, refused: 6 });
    expect(times.slice(1).map((ms) => ms - 1000)).toEqual([0, 1000, 3000, 7000, 12_000, 18_000]);
  });

  it('leaves Entra alone for as long as it asks', async () => {
    const busy = refusedBy('AADSTS90055', { passing: true, retryAfterMs: 60_000 } as never);
    const { run, times } = start((count) => (count === 1 ? busy : good));
    await run(2, 1000);
    expect(times).toEqual([0, 1000, 61_000]);
  });

  it.each(['AADSTS700212', 'AADSTS700024', 'AADSTS53003'])(
    'ends at once by %s, which does not pass',
    async (code) => {
      const { run, times } = start(() => refusedBy(code));
      expect(await run(20, 120_000)).toMatchObject({ passed: 0, refused: 1 });
      expect(times).toHaveLength(1);
    },
  );

  it.each([
    ['appid', { clientId: 'other' }],
    ['oid', { objectId: 'other' }],
    ['tid', { tenantId: '' }],
  ])('ends where the token names another %s', async (claim, more) => {
    const { run } = start((count) => (count === 3 ? { ...good, ...more } : good) as ExchangeAnswer);
    const { failure, passed } = await run(20, 120_000);
    expect(passed).toBe(3);
    expect(failure).toMatch(new RegExp(`^OtherIdentity: .*${claim} is (other|missing) instead of`));
  });

  it('outlives an API server that is away for a moment, and ends where a right is taken away', async () => {
    let calls = 0;
    const away = start(
      () => good,
      () => {
        calls += 1;
        if (calls === 1) {
          throw new PodidError('ClusterUnreachable', 'away');
        }
      },
    );
    expect(await away.run(2, 1000)).toEqual({ passed: 2, refused: 1 });
    const forbidden = start(
      () => good,
      () => {
        throw new PodidError('Forbidden', 'no');
      },
    );
    await expect(forbidden.run(2, 1000)).rejects.toMatchObject({ code: 'Forbidden' });
  });
});
