import { describe, expect, it } from 'vitest';
import type {
  AzureIdentity,
  AzureIdentityBinding,
} from '../../../src/domain/kubernetes/identity-resources.ts';
import type { IdentityChoice } from '../../../src/nmi/decide/answer-decision.ts';
import { chooseManagedIdentity } from '../../../src/nmi/decide/choose-identity.ts';
import { asker, bind, identity, name, type Situation, status, web } from './pods-in-test.ts';

function managed({
  bindings = [bind('web')],
  identities = [identity('web')],
  ...situation
}: Situation & {
  readonly bindings?: AzureIdentityBinding[];
  readonly identities?: AzureIdentity[];
} = {}): IdentityChoice {
  const byKey = new Map(identities.map((item) => [`${item.metadata.namespace}/${item.metadata.name}`, item]));
  return chooseManagedIdentity(asker(situation), bindings, byKey);
}

describe('managed mode', () => {
  const two = {
    bindings: [bind('b'), bind('a')],
    identities: [identity('a', { created: '2026-02-01T00:00:00Z' }), identity('b')],
  };

  it.each([
    [{ clientId: ' guid' }, /client_id holds a blank \(%20\)/],
    [{ clientId: '"guid"' }, /client_id holds a quotation mark/],
    [{ clientId: "'guid'" }, /client_id holds an apostrophe/],
    [{ clientId: '{guid}' }, /client_id holds the character U\+007B/],
    [{ clientId: '\ufeffguid' }, /client_id holds the character U\+FEFF/],
    [{ clientId: 'gu\u2013id' }, /client_id holds the character U\+2013/],
    [{ clientId: '\u201cguid\u201d' }, /client_id holds the character U\+201C/],
    [{ clientId: 'guid\u00a0' }, /client_id holds the character U\+00A0/],
    [{ resourceId: '/subscriptions/s\u2014x' }, /msi_res_id holds the character U\+2014/],
    [{ resourceId: '/sub/größe' }, /^Identity not found\. Pod shop/],
    [{ resourceId: '/subscriptions/s\u200b' }, /msi_res_id holds the character U\+200B/],
    [{ resourceId: '/sub/my.group_(1)-x' }, /^Identity not found\. Pod shop/],
  ])('names the character that no id has: %j', (request, expected) => {
    const answer = managed({ request });
    expect(answer).toMatchObject({ status: 400, reason: 'other-identity-asked' });
    expect(answer).toMatchObject({ description: expect.stringMatching(expected) });
  });

  it('takes the identity that a binding of the pod names', () => {
    const choice = managed();
    expect(choice).toMatchObject({
      identity: { metadata: { name: 'web' } },
      subject: { kind: 'managed-identity', choice: { clientId: 'Client-web' } },
      isArbitrary: false,
    });
  });

  it.each([
    ['the pod has no label', { pod: { ...web, labels: {} } }, 400, 'no-label'],
    [
      'label and selector are both empty',
      { pod: { ...web, labels: { aadpodidbinding: '' } }, bindings: [bind('web', '')] },
      400,
      'no-label',
    ],
    ['the label differs in case', { pod: { ...web, labels: { aadpodidbinding: 'Web' } } }, 400, 'no-binding'],
    ['the binding is of another namespace', { bindings: [bind('web', 'web', 'other')] }, 400, 'no-binding'],
    [
      'the identity is of another namespace',
      { identities: [identity('web', { namespace: 'other' })] },
      400,
      'no-identity',
    ],
    ['the binding has not arrived and the pod is young', { bindings: [], isYoung: true }, 503, 'no-binding'],
    [
      'the identity has not arrived and the pod is young',
      { identities: [], isYoung: true },
      503,
      'no-identity',
    ],
    ['the pod is not young any more', { bindings: [], isYoung: false }, 400, 'no-binding'],
    ['another client id is asked for', { request: { clientId: 'client-api' } }, 400, 'other-identity-asked'],
    [
      'another resource id is asked for',
      { request: { resourceId: '/sub/api' } },
      400,
      'other-identity-asked',
    ],
    [
      'client id and resource id name two',
      { ...two, request: { clientId: 'client-a', resourceId: '/sub/b' } },
      400,
      'other-identity-asked',
    ],
    [
      'a resource id is given as client id',
      { request: { clientId: '/sub/web' } },
      400,
      'other-identity-asked',
    ],
    ['an object id is to tell two apart', { ...two, request: { objectId: 'o' } }, 400, 'object-id'],
    ['a choice is required and none is made', { ...two, requireChoice: true }, 400, 'choice-required'],
    [
      'the identity names nobody',
      { identities: [identity('web', { spec: { type: 0, clientID: '' } })] },
      400,
      'incomplete-identity',
    ],
    [
      'the type is none',
      { identities: [identity('web', { spec: { type: 7, clientID: 'c' } })] },
      400,
      'incomplete-identity',
    ],
    [
      'the secret is of another namespace',
      {
        identities: [
          identity('web', {
            spec: {
              type: 1,
              clientID: 'c',
              tenantID: 't',
              clientPassword: { name: 's', namespace: 'other' },
            },
          }),
        ],
      },
      403,
      'foreign-secret',
    ],
    [
      'the type is no number',
      { identities: [identity('web', { spec: { type: Number.NaN, clientID: 'c' } })] },
      400,
      'incomplete-identity',
    ],
    [
      'both ids are asked for and the object has none',
      { identities: [identity('web', { spec: {} })], request: { clientId: 'c', resourceId: '/r' } },
      400,
      'other-identity-asked',
    ],
    [
      'the id that the object has is not the one asked for, beside one that it does not have',
      {
        identities: [identity('web', { spec: { clientID: 'c' } })],
        request: { clientId: 'd', resourceId: '/sub/web' },
      },
      400,
      'other-identity-asked',
    ],
    [
      'a service principal lacks its tenant',
      { identities: [identity('web', { spec: { type: 2, clientID: 'c', clientPassword: { name: 's' } } })] },
      400,
      'incomplete-identity',
    ],
  ] as const)('grants nothing when %s', (_title, situation, expected, reason) => {
    const choice = managed(situation as never);
    expect([status(choice), name(choice)]).toEqual([expected, reason]);
  });

  it('takes the oldest of several, then the first by name, and says that it was a guess', () => {
    expect(managed(two)).toMatchObject({ identity: { metadata: { name: 'b' } }, isArbitrary: true });
    const sameAge = { bindings: two.bindings, identities: [identity('b'), identity('a')] };
    expect(name(managed(sameAge))).toBe('a');
  });

  it('takes the one asked for, without case', () => {
    expect(managed({ ...two, request: { clientId: 'client-a' } })).toMatchObject({ isArbitrary: false });
    expect(name(managed({ ...two, request: { clientId: 'client-a' } }))).toBe('a');
    expect(name(managed({ ...two, request: { resourceId: '/sub/a' }, requireChoice: true }))).toBe('a');
  });

  it.each([
    ['client id', { clientID: 'C' }, { clientId: 'c', resourceId: '/sub/web' }],
    ['resource id', { resourceID: '/Sub/web' }, { clientId: 'c', resourceId: '/sub/web' }],
    ['object id, of which no object speaks', { clientID: 'C' }, { objectId: 'o' }],
    ['object id beside its client id', { clientID: 'C' }, { clientId: 'c', objectId: 'o' }],
  ])('takes the only one by its %s, whatever else is asked for', (_, spec, request) => {
    expect(name(managed({ identities: [identity('web', { spec })], request }))).toBe('web');
  });

  it.each([
    [{ clientID: '“c”', resourceID: '/sub/web' }, { resourceId: '/sub/web' }],
    [{ clientID: 'c', resourceID: '/sub/we\u200bb' }, { clientId: 'c' }],
  ])('asks by the id that may be one: %j', (spec, choice) => {
    expect(managed({ identities: [identity('web', { spec })] })).toMatchObject({ subject: { choice } });
  });

  it.each([
    [{ clientID: 'c\rd' }, 'has a clientID that holds a carriage return (%0D), which no id has.'],
    [
      { clientID: '“c”', resourceID: '/a b' },
      'has a clientID that holds the character U+201C, which no id has.',
    ],
    [{ resourceID: '/sub/a b' }, 'has a resourceID that holds a blank (%20), which no id has.'],
    [{}, 'has neither a clientID nor a resourceID.'],
  ])('names the character in the object that no id has: %j', (spec, what) => {
    expect(managed({ identities: [identity('web', { spec })] })).toMatchObject({
      reason: 'incomplete-identity',
      description: expect.stringContaining(`The AzureIdentity shop/web ${what}`),
    });
  });

  it('asks by resource id for an identity without a client id', () => {
    const identities = [identity('web', { spec: { resourceID: '/sub/web' } })];
    expect(managed({ identities })).toMatchObject({ subject: { choice: { resourceId: '/sub/web' } } });
  });

  it('counts an identity once that two bindings name', () => {
    expect(managed({ bindings: [bind('web'), bind('web')], requireChoice: true })).toMatchObject({
      isArbitrary: false,
    });
  });

  it('hands on a service principal with its secret and tenants', () => {
    const spec = {
      type: 1,
      clientID: 'c',
      tenantID: 't',
      auxiliaryTenantIDs: ['t2'],
      clientPassword: { name: 's' },
      adEndpoint: 'https://x/',
    };
    expect(managed({ identities: [identity('web', { spec })] })).toMatchObject({
      subject: {
        kind: 'secret',
        namespace: 'shop',
        tenantId: 't',
        auxiliaryTenantIds: ['t2'],
        secret: { namespace: 'shop', name: 's' },
        adEndpoint: 'https://x/',
      },
    });
  });

  it('reads no label from the prototype', () => {
    const pod = { ...web, labels: Object.create({ aadpodidbinding: 'web' }) };
    expect(name(managed({ pod }))).toBe('no-label');
  });
});
