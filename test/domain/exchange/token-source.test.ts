import { describe, expect, it } from 'vitest';
import {
  type ExchangeDefaults,
  noExchangeDefaults,
  tenantIdAnnotation,
  tokenSourceAnnotation,
  tokenSourceOf,
} from '../../../src/domain/exchange/token-source.ts';
import type { AzureIdentity } from '../../../src/domain/kubernetes/identity-resources.ts';

const clientID = '00000000-0000-4000-8000-0000000000c1';
const ofAnnotation = '00000000-0000-4000-8000-00000000000a';
const ofSpec = '00000000-0000-4000-8000-00000000000b';
const ofAgent = '00000000-0000-4000-8000-00000000000c';

function identity(
  annotations: { readonly source?: string; readonly tenant?: string },
  spec: AzureIdentity['spec'] = { clientID },
): AzureIdentity {
  const { source, tenant } = annotations;
  return {
    metadata: {
      name: 'web',
      namespace: 'shop',
      annotations: {
        ...(source === undefined ? {} : { [tokenSourceAnnotation]: source }),
        ...(tenant === undefined ? {} : { [tenantIdAnnotation]: tenant }),
      },
    },
    spec,
  };
}

const exchanging: ExchangeDefaults = { source: 'exchange', tenantId: ofAgent, subject: 'agent' };

describe('the source of the tokens of an AzureIdentity', () => {
  it.each([
    ['nothing', identity({}), noExchangeDefaults, 'imds'],
    ['nothing, and the agent is set so', identity({}), exchanging, 'exchange'],
    ['an empty annotation', identity({ source: ' ' }), exchanging, 'exchange'],
    ['imds, whatever the agent is set to', identity({ source: 'imds' }), exchanging, 'imds'],
    ['exchange', identity({ source: 'exchange', tenant: ofAnnotation }), noExchangeDefaults, 'exchange'],
    ['another word', identity({ source: 'Exchange' }), noExchangeDefaults, 'unusable'],
    [
      'exchange, on one with a secret',
      identity({ source: 'exchange' }, { type: 1, clientID }),
      exchanging,
      'service-principal',
    ],
    ['imds, without a client id', identity({ source: 'imds' }, { resourceID: '/id' }), exchanging, 'imds'],
  ])('is decided by %s', (_said, written, defaults, kind) => {
    expect(tokenSourceOf(written, defaults).kind).toBe(kind);
  });

  it('says for an unknown word which are known', () => {
    expect(tokenSourceOf(identity({ source: 'vault' }))).toEqual({
      kind: 'unusable',
      reason: 'source-unknown',
      what: 'has the annotation podid.io/token-source: "vault", which is neither imds nor exchange',
    });
  });
});

describe('the tenant at which tokens are exchanged', () => {
  const all = { clientID, tenantID: ofSpec };
  it.each([
    ['its annotation', identity({ tenant: ofAnnotation }, all), ofAnnotation],
    ['its tenantID, where it has no annotation', identity({}, all), ofSpec],
    ['the agent, where it names none itself', identity({}), ofAgent],
  ])('comes from %s', (_from, written, tenantId) => {
    expect(tokenSourceOf(written, exchanging)).toEqual({
      kind: 'exchange',
      clientId: clientID,
      tenantId,
      subject: 'agent',
    });
  });

  it.each([
    ['no-tenant', 'podid.io/tenant-id', identity({}), ''],
    ['tenant-wrong', '"contoso/../x"', identity({ tenant: 'contoso/../x' }), ofAgent],
    ['tenant-wrong', '"contoso.com"', identity({}, { clientID, tenantID: 'contoso.com' }), ofAgent],
    ['tenant-wrong', '--exchange-tenant-id', identity({}), 'contoso.com'],
  ])('is never guessed: %s, and the sentence has %s', (reason, words, written, tenantId) => {
    const decision = tokenSourceOf(written, { source: 'exchange', tenantId, subject: 'agent' });
    expect(decision).toMatchObject({ kind: 'unusable', reason, what: expect.stringContaining(words) });
  });
});

describe('an AzureIdentity without a usable client id', () => {
  it.each([
    ['no-client-id', { resourceID: '/subscriptions/s' }],
    ['client-id-wrong', { clientID: 'web' }],
  ])('exchanges nothing, and the command is named that gives it one: %s', (reason, spec) => {
    expect(tokenSourceOf(identity({}, spec), exchanging)).toMatchObject({
      kind: 'unusable',
      reason,
      what: expect.stringContaining('kubectl patch azureidentity web -n shop --type merge -p '),
    });
  });
});
