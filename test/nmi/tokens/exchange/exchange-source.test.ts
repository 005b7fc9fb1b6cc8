import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/domain/time/clock.ts';
import { createNetwork } from '../../../../src/network/network.ts';
import { createExchangeSource } from '../../../../src/nmi/tokens/exchange/exchange-source.ts';
import type { IssuedAnswer } from '../../../../src/nmi/tokens/token.ts';
import { TokenRefused } from '../../../../src/nmi/tokens/token-error.ts';
import { createUpstreamQueue } from '../../../../src/nmi/tokens/upstream-queue.ts';
import { systemClock } from '../../../../src/runtime/system-clock.ts';
import { type EntraConduct, type EntraInTest, entraInTest, readToken, refusal } from './entra-in-test.ts';

const clientId = '00000000-0000-4000-8000-0000000000c1';
const otherClientId = '00000000-0000-4000-8000-0000000000c2';
const tenantId = '00000000-0000-4000-8000-00000000000a';
const resource = 'https://vault.azure.net';
const limits = { atOnce: 8, perSecond: 1_000, waiting: 500, waitingPerAsker: 40, runningPerAsker: 8 };

let entra: EntraInTest;
beforeAll(async () => {
  entra = await entraInTest();
});
afterEach(async () => {
  entra.conduct = undefined;
  await entra.project();
});
afterAll(() => entra[Symbol.asyncDispose]());

/** Pauses pass at once and are counted; deadlines are the machine's own. */
function skippingClock(offMs = 0): Clock & { readonly pauses: number[]; skip(ms: number): void } {
  const clock = systemClock();
  const pauses: number[] = [];
  let skipped = 60_000;
  return {
    ...clock,
    pauses,
    now: () => clock.now() + offMs,
    monotonic: () => clock.monotonic() + skipped,
    skip: (ms) => {
      skipped += ms;
    },
    async sleep(ms, signal) {
      if (ms >= 10_000) {
        await clock.sleep(ms, signal);
        return;
      }
      pauses.push(ms);
      skipped += ms;
      await clock.sleep(0, signal);
    },
  };
}

interface WorldOptions {
  readonly offMs?: number;
  readonly deadlineMs?: number;
  readonly attemptMs?: number;
  readonly hosts?: readonly string[];
  readonly time?: Partial<Clock>;
}

function world(options: WorldOptions = {}) {
  const clock = { ...skippingClock(options.offMs), ...options.time };
  const outcomes: string[] = [];
  let aheadMs: number | undefined;
  const source = createExchangeSource({
    authority: `https://${entra.host}/`,
    allowedHosts: options.hosts ?? [entra.host],
    tokenFile: entra.tokenFile,
    accountTokens: { make: () => Promise.reject(new Error('not asked')) },
    clock: (options.deadlineMs ?? options.attemptMs) === undefined ? clock : systemClock(),
    queue: createUpstreamQueue({ clock, limits }),
    network: createNetwork({ SSL_CERT_FILE: entra.authorityFile }),
    observer: {
      answered: (outcome) => void outcomes.push(outcome),
      clockAhead: (ms) => {
        aheadMs = ms;
      },
    },
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    ...(options.attemptMs === undefined ? {} : { attemptMs: options.attemptMs }),
  });
  // The start of a process is spread; these begin later.
  clock.skip(60_000);
  entra.federated.clear();
  entra.federated.add(clientId).add(otherClientId);
  entra.known.clear();
  entra.known.add(clientId).add(otherClientId);
  const before = entra.asked.length;
  return {
    clock,
    outcomes,
    get aheadMs() {
      return aheadMs;
    },
    get asked() {
      return entra.asked.slice(before);
    },
    ask: (asked: { resource?: string; clientId?: string } = {}): Promise<IssuedAnswer> =>
      source.fetch(
        {
          question: {
            subject: { kind: 'exchange', clientId: asked.clientId ?? clientId, tenantId, subject: 'agent' },
            resource: asked.resource ?? resource,
            askerId: 'pod',
          },
          askers: new Set(['pod']),
        },
        new AbortController().signal,
      ),
  };
}

async function refusedBy(asking: Promise<unknown>): Promise<TokenRefused> {
  const outcome = await asking.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(TokenRefused);
  return outcome as TokenRefused;
}

const inTurn =
  (...conducts: readonly EntraConduct[]): EntraConduct =>
  (response, asked) => {
    const [next, ...rest] = conducts;
    entra.conduct = rest.length === 0 ? undefined : inTurn(...rest);
    next?.(response, asked);
  };

describe('an exchange', () => {
  it.each(['https://vault.azure.net', 'https://vault.azure.net/', '00000003-0000-0000-c000-000000000000'])(
    'asks for the resource as it stands: %s',
    async (named) => {
      const one = world();
      const { answer, lifetimeMs } = await one.ask({ resource: named });
      const [sent] = one.asked;
      expect(sent?.url).toBe(`/${tenantId}/oauth2/v2.0/token`);
      expect(sent?.form).toEqual({
        grant_type: 'client_credentials',
        client_id: clientId,
        scope: `${named}/.default`,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: expect.stringMatching(/^eyJ/),
      });
      expect(lifetimeMs).toBe(3_599_000);
      expect(answer[0]).toMatchObject({
        clientId,
        resource: named,
        tokenType: 'Bearer',
        extExpiresInSec: 3599,
      });
      const nowSec = Date.now() / 1000;
      expect(Math.abs(answer[0].expiresOnSec - nowSec - 3599)).toBeLessThan(5);
      expect(Math.abs(answer[0].notBeforeSec - nowSec)).toBeLessThan(5);
      expect(readToken(answer[0].accessToken)).toContain(`of-${clientId}-for-${named}/.default`);
    },
  );

  it("sends the agent's token as the file holds it at that moment", async () => {
    const one = world();
    await one.ask();
    const newer = await entra.project({ jti: 'the next' });
    await one.ask({ resource: 'https://storage.azure.com/' });
    expect(one.asked.map(({ form }) => form['client_assertion'] === newer)).toEqual([false, true]);
  });

  it('is refused where the authority is neither a cloud of Azure nor allowed, and nothing is sent', async () => {
    const one = world({ hosts: [] });
    expect(await refusedBy(one.ask())).toMatchObject({ status: 403 });
    expect(one.asked).toEqual([]);
  });

  it('renews around the half of the lifetime', async () => {
    const { ask } = world();
    expect((await ask()).renewFrom).toEqual({ least: 0.45, most: 0.55 });
  });
});

describe('a federated credential that Entra does not know', () => {
  it.each([70021, 700211, 700213, 90061])(
    'is asked for again, for it may be known elsewhere: %i',
    async (code) => {
      const one = world();
      entra.conduct = inTurn(refusal(code), refusal(code));
      expect((await one.ask()).answer[0].clientId).toBe(clientId);
      expect(one.outcomes).toEqual([`AADSTS${code}`, `AADSTS${code}`, 'token']);
    },
  );

  it('is asked for five times more over 20 seconds, and then the pod hears of it', async () => {
    const one = world();
    entra.federated.delete(clientId);
    expect(await refusedBy(one.ask())).toMatchObject({
      status: 503,
      retryAfterSec: 30,
      message: expect.stringMatching(/knows no federated credential .*kube-system:podid-nmi.*AADSTS700213/),
    });
    expect(one.asked).toHaveLength(6);
    const overMs = one.clock.pauses.reduce((sum, ms) => sum + ms, 0);
    expect(overMs).toBeGreaterThan(15_000);
    expect(overMs).toBeLessThanOrEqual(20_000);
  });

  it('is left alone for half a minute, for every resource, while other identities get their tokens', async () => {
    const one = world();
    entra.federated.delete(clientId);
    await refusedBy(one.ask());
    const asked = one.asked.length;
    expect(await refusedBy(one.ask({ resource: 'https://storage.azure.com/' }))).toMatchObject({
      status: 503,
    });
    expect(one.asked).toHaveLength(asked);
    await one.ask({ clientId: otherClientId });
    one.clock.skip(40_000);
    entra.federated.add(clientId);
    await one.ask();
  });

  it('is known to be missing after ten minutes, which is said at once and by a status that SDKs show', async () => {
    const one = world();
    entra.federated.delete(clientId);
    await refusedBy(one.ask());
    one.clock.skip(600_000);
    const asked = one.asked.length;
    expect(await refusedBy(one.ask())).toMatchObject({
      status: 400,
      message: expect.stringContaining('for more than ten minutes'),
    });
    expect(one.asked).toHaveLength(asked + 1);
    one.clock.skip(60_000);
    entra.federated.add(clientId);
    await one.ask();
    one.clock.skip(60_000);
    entra.federated.delete(clientId);
    expect(await refusedBy(one.ask())).toMatchObject({ status: 503 });
  });
});

describe('a trust that was missing long ago', () => {
  it('is taken for one on its way when it is asked for again', async () => {
    const one = world();
    entra.federated.delete(clientId);
    await refusedBy(one.ask());
    one.clock.skip(86_400_000);
    entra.federated.add(clientId);
    entra.conduct = inTurn(refusal(700213));
    expect((await one.ask()).answer[0].clientId).toBe(clientId);
  });
});

describe('a refusal that asking again does not change', () => {
  it.each<[number, number, string]>([
    [700016, 400, `knows no identity ${clientId} in the tenant ${tenantId}`],
    [7000216, 400, `gives no token of the identity ${clientId} in the tenant ${tenantId}`],
    [700212, 400, 'another audience than api://AzureADTokenExchange'],
    [70023, 400, 'lives for more than 25 hours'],
    [700024, 400, "does not accept the time of the agent's token"],
    [700027, 503, 'After a rotation of the keys of the cluster'],
    [7000272, 503, 'After a rotation of the keys of the cluster'],
    [7002138, 400, 'knows no federated credential of the identity'],
    [50027, 503, 'After a rotation of the keys of the cluster'],
    [53003, 403, 'AADSTS53003'],
  ])('is told with its code: %i', async (code, status, words) => {
    const one = world();
    entra.conduct = refusal(code);
    const refused = await refusedBy(one.ask());
    expect(refused).toMatchObject({ status, message: expect.stringContaining(words) });
    expect(refused.message).toContain(`AADSTS${code}`);
    expect(one.asked).toHaveLength(1);
    expect(one.outcomes).toEqual([code === 53003 ? 'other' : `AADSTS${code}`]);
  });

  it('is a fault of the caller where the resource is none', async () => {
    const one = world();
    entra.conduct = refusal(500011, 400, 'invalid_resource');
    expect(await refusedBy(one.ask())).toMatchObject({ status: 400, error: 'invalid_resource' });
    entra.conduct = undefined;
    await one.ask();
  });
});

describe('an identity that Entra may not know yet', () => {
  it.each([700016, 7000216])('is told from one that it refuses for another reason: %i', async (code) => {
    const one = world();
    entra.conduct = refusal(code);
    expect(await refusedBy(one.ask())).toMatchObject({ isUnknownIdentity: true });
  });

  it('is not said to be deleted where nobody knows what the code means', async () => {
    const one = world();
    entra.conduct = refusal(7000216);
    expect((await refusedBy(one.ask())).message).not.toContain('deleted');
  });
});

describe('an agent that has just started', () => {
  it('puts each first question off by up to a second, by chance, for ten seconds', async () => {
    const pauses: number[] = [];
    let nowMs = 5_000;
    let chance = 0;
    const { sleep } = systemClock();
    const one = world({
      time: {
        monotonic: () => nowMs,
        random: () => chance,
        // Deadlines are longer.
        sleep: async (ms, signal) => (ms > 1_000 ? sleep(ms, signal) : void pauses.push(ms)),
      },
    });
    for (const [sinceStartMs, drawn] of [
      [0, 0.25],
      [0, 0.75],
      [9_999, 0.5],
      [10_000, 0.5],
    ] as const) {
      nowMs = 5_000 + sinceStartMs;
      chance = drawn;
      await one.ask();
    }
    expect(pauses).toEqual([250, 750, 500]);
  });
});

describe('an Entra that throttles', () => {
  it('is left alone by all identities of the tenant, for as long as it says', async () => {
    const one = world();
    entra.conduct = (response) => void response.writeHead(429, { 'retry-after': '90' }).end('{}');
    expect(await refusedBy(one.ask())).toMatchObject({ status: 429, retryAfterSec: 90 });
    entra.conduct = undefined;
    one.clock.skip(89_000);
    expect(await refusedBy(one.ask({ clientId: otherClientId }))).toMatchObject({ status: 429 });
    expect(one.asked).toHaveLength(1);
    one.clock.skip(30_000);
    await one.ask({ clientId: otherClientId });
  });

  it('is left alone for little more than an hour at most, however long it says', async () => {
    const one = world();
    entra.conduct = (response) => void response.writeHead(429, { 'retry-after': '86400' }).end('{}');
    await refusedBy(one.ask());
    entra.conduct = undefined;
    one.clock.skip(3_500_000);
    expect(await refusedBy(one.ask())).toMatchObject({ status: 429 });
    one.clock.skip(200_000);
    await one.ask();
  });

  it('is left alone for a minute where it does not say', async () => {
    const one = world();
    entra.conduct = (response) => void response.writeHead(429).end();
    expect(await refusedBy(one.ask())).toMatchObject({ status: 429, retryAfterSec: 60 });
  });
});

describe('an Entra that is away', () => {
  it.each<[string, EntraConduct, string]>([
    ['answers 503', (response) => void response.writeHead(503).end(), 'http-503'],
    ['drops the connection', (response) => void response.socket?.destroy(), 'no-answer'],
    ['answers with a web page', (response) => void response.writeHead(200).end('<html></html>'), 'no-answer'],
    [
      'gives the token of another identity',
      (response) =>
        void response.end(JSON.stringify({ access_token: 'a', expires_in: 60, client_id: otherClientId })),
      'no-answer',
    ],
  ])('and %s is asked three times, and then the pod is told to come again', async (_how, conduct, code) => {
    const one = world();
    entra.conduct = conduct;
    expect(await refusedBy(one.ask())).toMatchObject({ status: 503, retryAfterSec: 5 });
    expect(one.outcomes).toEqual([code, code, code]);
  });

  it('and comes back within a moment costs the pod nothing but that moment', async () => {
    const one = world();
    entra.conduct = inTurn((response) => void response.socket?.destroy());
    expect((await one.ask()).answer[0].clientId).toBe(clientId);
  });

  it('and says for how long is not asked before', async () => {
    const one = world();
    entra.conduct = (response) => void response.writeHead(503, { 'retry-after': '7' }).end();
    expect(await refusedBy(one.ask())).toMatchObject({ status: 503, retryAfterSec: 7 });
    expect(one.asked).toHaveLength(1);
  });

  it('and answers nothing on one connection is asked on another', async () => {
    const one = world({ attemptMs: 1_000 });
    entra.conduct = inTurn(() => {});
    expect((await one.ask()).answer[0].clientId).toBe(clientId);
    expect(one.outcomes).toEqual(['no-answer', 'token']);
  });

  it('and answers nothing is named as silent', async () => {
    const one = world({ attemptMs: 300 });
    entra.conduct = () => {};
    const { message } = await refusedBy(one.ask());
    expect(message).toBe(`Microsoft Entra could not be asked: ${entra.host} does not answer (ETIMEDOUT).`);
  });

  it('and answers nothing is waited for until the deadline', async () => {
    const one = world({ deadlineMs: 1_500 });
    entra.conduct = () => {};
    expect(await refusedBy(one.ask())).toMatchObject({ status: 503, holdsForOthers: false });
  });
});

describe("the agent's own token", () => {
  it.each<[string, () => unknown, string]>([
    ['is not there', () => rmSync(entra.tokenFile), 'podid.exchange.enabled: true'],
    ['is empty', () => writeFileSync(entra.tokenFile, '\n'), 'is empty'],
    [
      'is something else',
      () => writeFileSync(entra.tokenFile, 'hello'),
      'does not hold a service-account token',
    ],
    [
      'is the one for the API server',
      () => entra.project({ aud: ['https://kubernetes.default.svc'] }),
      'not for an audience of exchange',
    ],
    [
      'is for several',
      () => entra.project({ aud: ['api://AzureADTokenExchange', 'vault'] }),
      'not for an audience of exchange',
    ],
  ])('that %s is not sent, and the sentence says so', async (_how, make, words) => {
    const one = world();
    rmSync(entra.tokenFile);
    await entra.project();
    await make();
    const refused = await refusedBy(one.ask());
    expect(refused).toMatchObject({ status: 400, message: expect.stringContaining(words) });
    expect(one.asked).toEqual([]);
    expect(one.outcomes).toEqual(['token-file']);
  });

  it('that has ended is told from a clock that is off, by the time that Entra says', async () => {
    const one = world();
    const endedSec = Math.floor(Date.now() / 1000) - 1_200;
    await entra.project({ iat: endedSec - 3_600, exp: endedSec });
    const refused = await refusedBy(one.ask());
    expect(refused.message).toMatch(/It ended 20 minutes ago, and the kubelet has not replaced it in /);
    expect(refused.message).not.toContain('clock');
  });

  it.each([
    [5 * 60_000, 'The clock of this node is 5 minutes ahead of'],
    [-5 * 60_000, 'The clock of this node is 5 minutes behind'],
  ])('that is refused for its time while the clock is %i ms off brings that up', async (offMs, words) => {
    const one = world({ offMs });
    entra.conduct = refusal(700024);
    expect((await refusedBy(one.ask())).message).toContain(words);
    expect(Math.abs((one.aheadMs ?? 0) - offMs)).toBeLessThan(5_000);
  });

  it('is taken while the clock of the node is off, for Entra has its own', async () => {
    const one = world({ offMs: 70 * 60_000 });
    expect((await one.ask()).answer[0].clientId).toBe(clientId);
  });

  it('is of no use after its key was replaced, and its successor is', async () => {
    const one = world();
    entra.rotateKey();
    expect(await refusedBy(one.ask())).toMatchObject({ status: 503 });
    await entra.project();
    one.clock.skip(60_000);
    await one.ask();
  });

  it('is in no refusal, whatever Entra repeats', async () => {
    const one = world();
    const jwt = await entra.project();
    entra.conduct = (response, { form }) =>
      void response.writeHead(401).end(
        JSON.stringify({
          error: 'invalid_client',
          error_description: `AADSTS700213: got ${form['client_assertion']} and ${jwt.split('.')[1]}`,
        }),
      );
    const { message, stack = '' } = await refusedBy(one.ask());
    for (const part of jwt.split('.')) {
      expect(`${message}${stack}`).not.toContain(part);
    }
  });
});
