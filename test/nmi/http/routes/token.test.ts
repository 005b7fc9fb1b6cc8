import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { KnownPod } from '../../../../src/nmi/cluster/pod-index.ts';
import type { Exchange } from '../../../../src/nmi/http/answer.ts';
import { createTokenRoute, type TokenRouteOptions } from '../../../../src/nmi/http/routes/token.ts';
import type { ServedToken } from '../../../../src/nmi/tokens/token-service.ts';

const pod = (uid: string) => ({ kind: 'pod', uid, namespace: 'team', name: uid }) as KnownPod;
const token = {
  kind: 'token',
  identity: 'team/web',
  answer: [{ clientId: 'c' }],
  from: 'imds',
} as unknown as ServedToken;

/** @param after whose the address is, for all that is known, when the token has come */
async function askWhile(after: KnownPod | undefined): Promise<{ status: number; reason: string }> {
  let now: KnownPod | undefined = pod('first');
  let answered = { status: 0, reason: '' };
  const never = () => undefined;
  const lookup = { peek: () => now, find: () => now ?? pod('nobody') };
  const service = {
    now: never,
    serve: async () => {
      now = after;
      return token;
    },
  };
  const route = createTokenRoute({
    lookup,
    service,
    read: () => ({ kind: 'request', resource: 'r' }),
    json: { forPod: () => ({}) },
    held: {
      open: true,
      run: (_exchange: unknown, ask: (signal: AbortSignal) => unknown) => ask(new AbortController().signal),
    },
    owners: { note: never },
    mayPass: () => false,
    log: {
      record: ({ status, reason }: { status: number; reason: string }) => {
        answered = { status, reason };
      },
    },
    record: { asked: never },
    events: { refused: never },
    metrics: { refused: never, operation: never, arbitraryIdentity: never },
    clock: { monotonic: () => 0, now: () => 0 },
    allowLoopbackPods: false,
  } as unknown as TokenRouteOptions);
  const response = { writeHead: () => response, setHeader: never, end: never, on: never, once: never };
  await route(
    {
      peer: '10.0.0.1',
      startedAt: 0,
      request: { socket: {}, headers: {} },
      response: response as unknown as ServerResponse,
    } as unknown as Exchange,
    'resource=r',
  );
  return answered;
}

/** @param after whose the address is when the same bytes come again */
function askAgain(after: KnownPod | undefined) {
  let now: KnownPod | undefined = pod('first');
  const never = () => undefined;
  const asked: KnownPod[] = [];
  let again: ((startedAt: number) => string | undefined) | undefined;
  const route = createTokenRoute({
    lookup: { peek: () => now },
    service: {
      now: (each: KnownPod) => {
        asked.push(each);
        return token;
      },
    },
    read: () => ({ kind: 'request', resource: 'r' }),
    json: { forPod: () => '{}' },
    whole: { forPod: () => 'the whole answer' },
    held: { open: true },
    owners: { note: never },
    log: { again: () => never },
    record: { asked: never },
    metrics: { operationsOf: () => never },
    clock: { monotonic: () => 0, now: () => 0 },
  } as unknown as TokenRouteOptions);
  const response = { writeHead: () => response, setHeader: never, end: never };
  const exchange = {
    peer: '10.0.0.1',
    startedAt: 0,
    request: { socket: {}, headers: {} },
    response,
    repeats: {
      offer: (_request: unknown, offered: typeof again) => {
        again = offered;
      },
    },
  };
  void route(exchange as unknown as Exchange, 'resource=r');
  now = after;
  return { answer: again?.(0), asked };
}

describe('a request that comes again in the same bytes', () => {
  it('is decided for the pod as it is by then, so that no connection keeps what it was', () => {
    const changed = pod('first');
    const { answer, asked } = askAgain(changed);
    expect(answer).toBe('the whole answer');
    expect(asked[1]).toBe(changed);
  });

  it.each([
    ['another pod has', pod('second')],
    ['nobody can say who has', undefined],
  ])('is decided for nobody where %s the address by then', (_what, after) => {
    const { answer, asked } = askAgain(after);
    expect([answer, asked.length]).toEqual([undefined, 1]);
  });
});

describe('a token that had to be fetched', () => {
  it('goes to the pod that asked', async () => {
    expect(await askWhile(pod('first'))).toEqual({ status: 200, reason: '' });
  });

  it.each([
    ['another pod has', pod('second')],
    ['nobody can say who has', undefined],
  ])('is not sent to an address that %s by then', async (_what, after) => {
    expect(await askWhile(after)).toEqual({ status: 503, reason: 'address-moved' });
  });
});
