import { describe, expect, it } from 'vitest';
import type { FederatedCredential } from '../../../src/domain/azure/federated-credential.ts';
import {
  type ExchangeBasis,
  exchangeRow,
  type KnownCredentials,
} from '../../../src/domain/exchange/exchange-state.ts';
import { tenantIdAnnotation, tokenSourceAnnotation } from '../../../src/domain/exchange/token-source.ts';
import type { AzureIdentity } from '../../../src/domain/kubernetes/identity-resources.ts';

const trust = {
  issuer: 'https://westeurope.oic.prod-aks.azure.com/t/g/',
  subject: 'system:serviceaccount:kube-system:podid-nmi',
  audience: 'api://AzureADTokenExchange',
};
const basis: ExchangeBasis = {
  subject: trust.subject,
  defaults: { source: 'imds', tenantId: '', subject: 'agent' },
  trust,
};
const clientID = '00000000-0000-4000-8000-0000000000c1';
const tenant = '00000000-0000-4000-8000-00000000aaaa';
const resourceID =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

function identity(source?: string, spec: AzureIdentity['spec'] = { clientID, resourceID }): AzureIdentity {
  const annotations =
    source === undefined ? {} : { [tokenSourceAnnotation]: source, [tenantIdAnnotation]: tenant };
  return { metadata: { namespace: 'shop', name: 'web', annotations }, spec };
}

function read(...credentials: Partial<FederatedCredential>[]): KnownCredentials {
  const { issuer, subject, audience } = trust;
  return {
    kind: 'read',
    credentials: credentials.map((more) => ({
      name: 'fic',
      issuer,
      subject,
      audiences: [audience],
      ...more,
    })),
  };
}

const { subject: _subject, ...flexible } = {
  name: 'f',
  issuer: trust.issuer,
  audiences: [trust.audience],
  subject: '',
};
const none = read();
const twenty = read(...Array.from({ length: 20 }, (_, at) => ({ subject: `${at}` })));

describe('the state of an identity', () => {
  it.each([
    ['no credential', identity(), none, 'imds', 'imds', undefined],
    ['a credential', identity('imds'), read({}), 'imds', 'trusted', undefined],
    ['a credential, and it is switched', identity('exchange'), read({}), 'exchange', 'exchange', undefined],
    [
      'none, and it is switched',
      identity('exchange'),
      none,
      'exchange',
      'untrusted',
      /^NoCredential: .*podid-nmi\.$/,
    ],
    [
      'an expression in place of a subject',
      identity('exchange'),
      { kind: 'read', credentials: [flexible] } as const,
      'exchange',
      'untrusted',
      /^NoCredential/,
    ],
    [
      'the issuer without its slash',
      identity('exchange'),
      read({ issuer: trust.issuer.slice(0, -1) }),
      'exchange',
      'untrusted',
      /^OtherIssuer: .*the slash at the end counts/,
    ],
    [
      'the issuer of another cluster',
      identity('exchange'),
      read({ issuer: 'https://other/' }),
      'exchange',
      'untrusted',
      /^OtherIssuer: .*https:\/\/other\/, and the cluster's is [^:]*:[^:]*\/\.$/,
    ],
    [
      'another audience',
      identity('exchange'),
      read({ audiences: ['api://other'] }),
      'exchange',
      'untrusted',
      /^OtherAudience: .*api:\/\/other instead of api:\/\/AzureADTokenExchange/,
    ],
    ['twenty of others', identity(), twenty, 'imds', 'blocked', /^LimitReached: .*20 federated/],
    [
      'twenty of others, and it is switched',
      identity('exchange'),
      twenty,
      'exchange',
      'untrusted',
      /^LimitReached/,
    ],
  ])('with %s', (_, object, known, source, state, reason) => {
    const row = exchangeRow(object, known, basis);
    expect(row).toMatchObject({ namespace: 'shop', name: 'web', clientId: clientID, source, state });
    expect([row.subject, row.tokenOf]).toEqual([trust.subject, 'agent']);
    expect(row.reason ?? '').toMatch(reason ?? /^$/);
  });

  it.each([
    ['a service principal', identity('exchange', { type: 1, clientID }), 'entra', /^ServicePrincipal/],
    ['another word than imds or exchange', identity('both'), 'exchange', /^BadAnnotation: .*"both"/],
    ['no client id', identity(undefined, { resourceID }), 'imds', /^NoClientId/],
    [
      'no client id, and it is switched',
      identity('exchange', { resourceID }),
      'exchange',
      /^NoClientId: .*kubectl patch/,
    ],
    ['no managed identity', identity(undefined, { clientID }), 'imds', /^NoResourceId/],
  ])('is blocked with %s', (_, object, source, reason) => {
    const row = exchangeRow(object, none, basis);
    expect(row).toMatchObject({ source, state: 'blocked', reason: expect.stringMatching(reason) });
    expect(row.tokenOf).toBe(source === 'entra' ? undefined : 'agent');
  });

  it('is unknown where Azure does not show the credentials, and blocked where the identity is gone', () => {
    const unread = { kind: 'unread', gone: false, code: 'Forbidden', message: 'You may not.' } as const;
    const gone = { ...unread, gone: true, code: 'IdentityNotFound' };
    expect(exchangeRow(identity(), unread, basis)).toMatchObject({
      state: 'unknown',
      reason: 'Forbidden: You may not.',
    });
    expect(exchangeRow(identity(), gone, basis)).toMatchObject({
      state: 'blocked',
      reason: 'IdentityNotFound: You may not.',
    });
  });

  it('follows the agent where the object says nothing, and needs a tenant then', () => {
    const defaults = { source: 'exchange', tenantId: tenant, subject: 'agent' } as const;
    expect(exchangeRow(identity(), read({}), { ...basis, defaults })).toMatchObject({ state: 'exchange' });
    const withoutTenant = { ...basis, defaults: { ...defaults, tenantId: '' } };
    expect(exchangeRow(identity(), read({}), withoutTenant)).toMatchObject({
      state: 'blocked',
      reason: expect.stringMatching(/^NoTenant/),
    });
  });

  it('without an issuer is imds, or untrusted where it is switched', () => {
    const { trust: _trust, ...off } = basis;
    expect(exchangeRow(identity(), none, off)).toMatchObject({ state: 'imds' });
    expect(exchangeRow(identity('exchange'), none, off)).toMatchObject({
      state: 'untrusted',
      reason: expect.stringMatching(/^NoIssuer/),
    });
  });
});
