import { describe, expect, it } from 'vitest';
import { exchangeOfAgent } from '../../../src/workflows/doctor/exchange-of-agent.ts';

const lines = (...text: readonly string[]) => `${text.join('\n')}\n`;
const present = 'podid_nmi_exchange_token_present 1';

describe('how an agent stands with Entra', () => {
  it.each([
    ['unknown, where it could not be asked', undefined, 'unknown', ''],
    ['unknown, where it does not say', 'podid_nmi_pods 3\n', 'unknown', ''],
    ['without a token', lines('podid_nmi_exchange_token_present 0'), 'no-token', ''],
    [
      'unguarded, whatever its last call was',
      lines(
        present,
        'podid_nmi_exchange_guard_stands 0',
        'podid_nmi_exchange_last_failure_seconds{code="AADSTS700213"} 1796000100',
      ),
      'unguarded',
      'AADSTS700213',
    ],
    ['ready where the policies stand', lines(present, 'podid_nmi_exchange_guard_stands 1'), 'ready', ''],
    ['ready before its first call', lines(present), 'ready', ''],
    [
      'failing, where no token came since',
      lines(
        present,
        'podid_nmi_exchange_last_failure_seconds{code="AADSTS700213"} 1796000100',
        'podid_nmi_exchange_last_token_seconds 1796000000',
      ),
      'failing',
      'AADSTS700213',
    ],
    [
      'ready, where one came since',
      lines(
        present,
        'podid_nmi_exchange_last_failure_seconds{code="AADSTS700213"} 1796000100',
        'podid_nmi_exchange_last_token_seconds 1796000101',
      ),
      'ready',
      '',
    ],
  ])('is %s', (_what, text, state, failure) => {
    expect(exchangeOfAgent(text)).toMatchObject({ state, failure });
  });

  it('has the number of identities by source, and how far the clock is off', () => {
    const text = lines(
      present,
      'podid_nmi_identities{source="imds"} 3',
      'podid_nmi_identities{source="exchange"} 2',
      'podid_nmi_identities{source="service-principal"} 1',
      'podid_nmi_exchange_clock_ahead_seconds -301',
    );
    expect(exchangeOfAgent(text)).toMatchObject({
      identities: { imds: 3, exchange: 2, servicePrincipal: 1, unusable: 0 },
      clockAheadSec: -301,
    });
  });
});
