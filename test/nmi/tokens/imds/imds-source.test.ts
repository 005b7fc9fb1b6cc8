import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/domain/time/clock.ts';
import { createImdsSource } from '../../../../src/nmi/tokens/imds/imds-source.ts';
import { imdsTarget } from '../../../../src/nmi/tokens/imds/imds-target.ts';
import type { TokenSubject } from '../../../../src/nmi/tokens/token.ts';
import { createUpstreamQueue, imdsTokenLimits } from '../../../../src/nmi/tokens/upstream-queue.ts';
import { systemClock } from '../../../../src/runtime/system-clock.ts';
import { localServer } from '../local-server.ts';

const clientId = 'AB12CD34-0000-4000-8000-000000000001';
const resource = 'https://vault.azure.net/?a=b&c=d';
const nowSec = Math.floor(Date.now() / 1000);
const good = {
  access_token: 'the.token.itself',
  client_id: clientId.toLowerCase(),
  expires_in: '86399',
  expires_on: String(nowSec + 86_399),
  ext_expires_in: '86399',
  not_before: String(nowSec),
  resource,
  token_type: 'Bearer',
};

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const status =
  (code: number, body: unknown = {}, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** The pauses between tries pass fifty times as fast; deadlines do not. */
function hurriedClock(): Clock {
  const clock = systemClock();
  return { ...clock, sleep: (ms, signal) => clock.sleep(ms <= 2_000 ? ms / 50 : ms, signal) };
}

/** Asks a server that gives `answers` one after the other, the last of them for ever. */
async function ask(
  answers: readonly Answer[],
  options: { subject?: TokenSubject; deadlineMs?: number; port?: number } = {},
) {
  const seen: { url: string | undefined; metadata: string }[] = [];
  await using server = await localServer((request, response) => {
    const { metadata } = request.headers;
    seen.push({ url: request.url, metadata: String(metadata) });
    answers[Math.min(seen.length, answers.length) - 1]?.(response, request);
  });
  const clock = hurriedClock();
  const source = createImdsSource({
    address: '127.0.0.1',
    port: options.port ?? server.port,
    userAgent: 'podid-nmi/test',
    clock,
    queue: createUpstreamQueue({ clock, limits: imdsTokenLimits }),
    deadlineMs: options.deadlineMs ?? 10_000,
  });
  const subject = options.subject ?? { kind: 'managed-identity', choice: { clientId } };
  const outcome = await source
    .fetch(
      { question: { subject, resource, askerId: 'pod' }, askers: new Set(['pod']) },
      new AbortController().signal,
    )
    .catch((error: unknown) => error as Error);
  return { outcome, seen };
}

describe('asking IMDS', () => {
  it('names the identity, encodes the resource and carries the Metadata header', async () => {
    const { outcome, seen } = await ask([status(200, good)]);
    expect(outcome).toMatchObject({
      lifetimeMs: 86_399_000,
      answer: [
        { accessToken: 'the.token.itself', resource, expiresOnSec: nowSec + 86_399, extExpiresInSec: 86_399 },
      ],
    });
    expect(seen).toEqual([
      {
        url: `/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=${clientId}&resource=https%3A%2F%2Fvault.azure.net%2F%3Fa%3Db%26c%3Dd`,
        metadata: 'true',
      },
    ]);
  });

  it.each<[string, Answer, object, number]>([
    [
      '400 with the reason of IMDS',
      status(400, { error: 'invalid_request', error_description: 'Identity not found' }),
      { status: 400, error: 'invalid_request', message: 'Identity not found' },
      1,
    ],
    ['403', status(403, { error: 'unauthorized_client' }), { status: 403, error: 'unauthorized_client' }, 1],
    ['404, being updated', status(404), { status: 503 }, 3],
    ['410, being updated', status(410), { status: 503, retryAfterSec: 10 }, 1],
    [
      '429 with a long Retry-After',
      status(429, {}, { 'retry-after': '17' }),
      { status: 429, retryAfterSec: 17 },
      1,
    ],
    ['500', status(500, 'oops'), { status: 503 }, 3],
    ['503 with Retry-After', status(503, {}, { 'retry-after': '4' }), { status: 503, retryAfterSec: 4 }, 1],
    ['a redirect', status(302, '', { location: 'http://127.0.0.1:1/' }), { status: 503 }, 3],
    ['HTML', status(200, '<html>captive portal</html>'), { status: 503 }, 3],
    ['a token without an end', status(200, { access_token: 'x' }), { status: 503 }, 3],
    ['the token of another identity', status(200, { ...good, client_id: 'other' }), { status: 503 }, 3],
    [
      'a truncated answer',
      (response) => {
        response.writeHead(200, { 'content-length': '5000' }).write('{"access_token":"x"');
        response.socket?.destroySoon();
      },
      { status: 503 },
      3,
    ],
    ['a reset connection', (response) => void response.socket?.resetAndDestroy(), { status: 503 }, 3],
  ])('turns %s into what the caller may know', async (_name, answer, expected, calls) => {
    const { outcome, seen } = await ask([answer]);
    expect(outcome).toMatchObject({ name: 'TokenRefused', ...expected });
    expect(JSON.stringify([outcome, (outcome as Error).message])).not.toContain('the.token.itself');
    expect(seen).toHaveLength(calls);
  });

  it('tries again shortly after a fault that passes', async () => {
    const { outcome, seen } = await ask([
      status(500),
      status(429, {}, { 'retry-after': '1' }),
      status(200, good),
    ]);
    expect(outcome).toMatchObject({ answer: [{ accessToken: 'the.token.itself' }] });
    expect(seen).toHaveLength(3);
  });

  it('gives up at its deadline when nothing comes, and says so with Retry-After', async () => {
    const { outcome } = await ask([() => {}], { deadlineMs: 2_500 });
    expect(outcome).toMatchObject({ status: 503, retryAfterSec: 2, holdsForOthers: false });
  });

  it('says 503 when nobody listens', async () => {
    const { outcome } = await ask([status(200, good)], { port: 1 });
    expect(outcome).toMatchObject({ status: 503, message: expect.stringContaining('ECONNREFUSED') });
  });

  it.each<[string, TokenSubject, string]>([
    [
      'the resource id when there is no client id',
      { kind: 'managed-identity', choice: { resourceId: '/subscriptions/s/x' } },
      'msi_res_id=%2Fsubscriptions%2Fs%2Fx&',
    ],
    [
      'the client id before all',
      { kind: 'managed-identity', choice: { clientId: 'c', resourceId: '/r' } },
      '&client_id=c&',
    ],
    ['the object id alone', { kind: 'managed-identity', choice: { objectId: 'o' } }, '&object_id=o&'],
  ])('names %s', (_name, subject, expected) => {
    expect(imdsTarget({ subject, resource, askerId: 'pod' })).toContain(expected);
  });

  it.each([
    {},
    { clientId: '' },
    { clientId: '  ' },
    { clientId: '\u0000' },
    { clientId: 'a&client_id=b' },
    { resourceId: ' ' },
    { resourceId: 'x' },
  ])('never asks without a choice: %j', (choice) => {
    const question = { subject: { kind: 'managed-identity', choice } as const, resource, askerId: 'pod' };
    expect(() => imdsTarget(question)).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('asks without a choice for the node’s default alone', () => {
    const asked = { subject: { kind: 'node-default' }, resource: 'r', askerId: 'pod' } as const;
    expect(imdsTarget({ ...asked, asksAnew: {} })).toBe(`${imdsTarget(asked)}&bypass_cache=true`);
    const target = imdsTarget(asked);
    expect(target).toBe('/metadata/identity/oauth2/token?api-version=2018-02-01&resource=r');
  });
});
