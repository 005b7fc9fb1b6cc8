import { describe, expect, it } from 'vitest';
import { ApiFailure } from '../../../../src/k8s/client/api-connection.ts';
import { createCredentialReader } from '../../../../src/nmi/tokens/entra/credential-reader.ts';
import { TokenRefused } from '../../../../src/nmi/tokens/token-error.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';

const principal = {
  kind: 'secret',
  namespace: 'shop',
  tenantId: 't',
  auxiliaryTenantIds: [],
  clientId: 'c',
  secret: { namespace: 'shop', name: 's' },
} as const;

describe('the reader of secrets', () => {
  it.each([
    ['its own namespace', 'shop', 'shop', true],
    ['one that is paired with it', 'capz-system', 'default', true],
    ['one that is paired with it the other way round', 'default', 'capz-system', false],
    ['one that is paired with another', 'shop', 'default', false],
    ['one that nothing is paired with', 'capz-system', 'kube-system', false],
    ['any, without one of its own', '', 'default', false],
  ])('reads for an identity a secret of %s: %s, %s: %s', async (_, namespace, of, isRead) => {
    const asked: string[] = [];
    const reader = createCredentialReader({
      clock: handClock(),
      secretPairs: new Set(['capz-system:default']),
      readSecret: async (from, name) => {
        asked.push(`${from}/${name}`);
        return { password: new TextEncoder().encode('word') };
      },
    });
    const principal = {
      kind: 'secret',
      namespace,
      tenantId: 't',
      auxiliaryTenantIds: [],
      clientId: 'c',
      secret: { namespace: of, name: 's' },
    } as const;
    const said = await reader.read(principal, new AbortController().signal).catch((error: unknown) => error);
    expect(asked).toEqual(isRead ? [`${of}/s`] : []);
    expect(said instanceof TokenRefused && said.status === 403).toBe(!isRead);
  });

  it.each([
    [
      'the right is missing',
      new ApiFailure(403, 'secrets "s" is forbidden'),
      'rbac.allowAccessToSecrets=true',
    ],
    ['the server is busy', new ApiFailure(429, 'too many'), 'cannot be read at the moment.'],
    ['the server is away', new Error('ECONNREFUSED'), 'cannot be read at the moment.'],
  ])('says why the Secret cannot be read: %s', async (_, failure, text) => {
    const reader = createCredentialReader({
      clock: handClock(),
      readSecret: () => Promise.reject(failure),
    });
    await expect(reader.read(principal, new AbortController().signal)).rejects.toMatchObject({
      status: 503,
      retryAfterSec: 5,
      message: expect.stringContaining(text),
    });
  });

  it('refuses with 503 and Retry-After when the API server does not answer in its time', async () => {
    const clock = handClock();
    const reader = createCredentialReader({
      clock,
      readSecret: (_namespace, _name, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    });
    const asked = reader.read(principal, new AbortController().signal).catch((error: unknown) => error);
    await clock.advance(5_000);
    const said = await asked;
    expect(said).toBeInstanceOf(TokenRefused);
    expect(said).toMatchObject({ status: 503, retryAfterSec: 5 });
  });
});
