import { describe, expect, it } from 'vitest';
import { createCredentialReader } from '../../../../src/nmi/tokens/entra/credential-reader.ts';
import { TokenRefused } from '../../../../src/nmi/tokens/token-error.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';

describe('the reader of secrets', () => {
  it('refuses with 503 and Retry-After when the API server does not answer in its time', async () => {
    const clock = handClock();
    const reader = createCredentialReader({
      clock,
      readSecret: (_namespace, _name, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    });
    const principal = {
      kind: 'secret',
      namespace: 'shop',
      tenantId: 't',
      auxiliaryTenantIds: [],
      clientId: 'c',
      secret: { namespace: 'shop', name: 's' },
    } as const;
    const asked = reader.read(principal, new AbortController().signal).catch((error: unknown) => error);
    await clock.advance(5_000);
    const said = await asked;
    expect(said).toBeInstanceOf(TokenRefused);
    expect(said).toMatchObject({ status: 503, retryAfterSec: 5 });
  });
});
