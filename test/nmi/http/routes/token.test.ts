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
