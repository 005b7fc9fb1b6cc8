import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCredentialReader } from '../../../../src/nmi/tokens/entra/credential-reader.ts';
import { TokenRefused } from '../../../../src/nmi/tokens/token-error.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';

afterEach(() => vi.restoreAllMocks());

describe('the reader of secrets', () => {
  it('refuses with 503 and Retry-After when the API server does not answer in its time', async () => {
    const deadline = new AbortController();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal);
    const reader = createCredentialReader({
      clock: handClock(),
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
    deadline.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    const said = await asked;
    expect(said).toBeInstanceOf(TokenRefused);
    expect(said).toMatchObject({ status: 503, retryAfterSec: 5 });
  });
});
