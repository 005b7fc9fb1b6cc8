import { describe, expect, it } from 'vitest';
import type {
  AzureAssignedIdentity,
  AzureIdentity,
  AzureIdentityBinding,
} from '../../../src/domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import {
  chooseAssignedIdentity,
  chooseManagedIdentity,
  type IdentityChoice,
} from '../../../src/nmi/decide/choose-identity.ts';
import type { TokenRequest } from '../../../src/nmi/http/token-request.ts';

const web: Pod = {
  uid: 'u1',
  namespace: 'shop',
  name: 'web-0',
  labels: { aadpodidbinding: 'web' },
  ips: ['10.0.0.7'],
  hostNetwork: false,
  nodeName: 'n1',
  phase: 'Running',
  createdMs: 0,
};

interface IdentityFacts {
  readonly namespace?: string;
  readonly created?: string;
  readonly spec?: AzureIdentity['spec'];
  readonly annotations?: Record<string, string>;
}

function identity(
  name: string,
  { namespace = 'shop', created = '2026-01-01T00:00:00Z', spec, annotations = {} }: IdentityFacts = {},
): AzureIdentity {
  return {
    metadata: { name, namespace, creationTimestamp: created, annotations },
    spec: spec ?? { type: 0, clientID: `Client-${name}`, resourceID: `/Sub/${name}` },
  };
}

function bind(azureIdentity: string, selector = 'web', namespace = 'shop'): AzureIdentityBinding {
  return { metadata: { name: `${azureIdentity}-binding`, namespace }, spec: { azureIdentity, selector } };
}

interface Situation {
  readonly pod?: Pod;
  readonly request?: Partial<TokenRequest>;
  readonly isYoung?: boolean;
  readonly requireChoice?: boolean;
}

const asker = ({ pod = web, request = {}, isYoung = false, requireChoice = false }: Situation) => ({
  pod,
  request: { kind: 'request' as const, resource: 'r', ...request },
  isYoung,
  requireChoice,
});

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

const name = (choice: IdentityChoice) =>
  choice.kind === 'granted' ? choice.identity.metadata.name : choice.reason;
const status = (choice: IdentityChoice) => (choice.kind === 'error' ? choice.status : 200);

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
    ['an object id is asked for', { request: { objectId: 'o' } }, 400, 'object-id'],
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

function assigned(
  item: AzureIdentity,
  state: string | undefined,
  pod = 'web-0',
  podNamespace = 'shop',
): AzureAssignedIdentity {
  return {
    metadata: { name: 'x', namespace: item.metadata.namespace },
    spec: {
      azureIdentityRef: item,
      azureBindingRef: bind(item.metadata.name),
      pod,
      podNamespace,
      nodename: 'n1',
    },
    ...(state === undefined ? {} : { status: { status: state } }),
  };
}

describe('standard mode', () => {
  const choose = (assignments: AzureAssignedIdentity[], situation: Situation = {}, forceNamespaced = false) =>
    chooseAssignedIdentity(asker(situation), assignments, forceNamespaced);
  const item = identity('web');

  it.each([
    ['Assigned', 'web'],
    ['', 'web'],
    [undefined, 'web'],
    ['Created', 'identity-not-assigned'],
    ['Unassigned', 'no-binding'],
  ] as const)('takes the state %s for %s', (state, expected) => {
    expect(name(choose([assigned(item, state)]))).toBe(expected);
  });

  it('says what may still come', () => {
    expect(choose([assigned(item, 'Created')])).toMatchObject({
      status: 503,
      reason: 'identity-not-assigned',
    });
    expect(choose([], { isYoung: true })).toMatchObject({ status: 503, awaitsMic: true });
    expect(choose([])).toMatchObject({ status: 400, awaitsMic: true });
  });

  it('waits for the one asked for while another is there already', () => {
    const both = [assigned(identity('api'), 'Assigned'), assigned(item, 'Created')];
    expect(choose(both, { request: { clientId: 'client-web' } })).toMatchObject({
      reason: 'identity-not-assigned',
    });
    expect(name(choose(both, { request: { clientId: 'client-api' } }))).toBe('api');
    expect(name(choose(both, { request: { clientId: 'client-x' } }))).toBe('other-identity-asked');
    expect(name(choose(both))).toBe('api');
  });

  const whole = assigned(item, 'Assigned');
  const withSpec = (spec: Partial<AzureAssignedIdentity['spec']>): AzureAssignedIdentity => ({
    ...whole,
    spec: { ...whole.spec, ...spec },
  });
  const withNote = (annotations: Record<string, string>): AzureAssignedIdentity => ({
    ...whole,
    metadata: { ...whole.metadata, annotations },
  });
  const relabelled = (labels: Record<string, string>): Situation => ({ pod: { ...web, labels } });

  it.each<[string, AzureAssignedIdentity, Situation, string]>([
    ['of this pod', whole, {}, 'web'],
    ['of a pod of another name', withSpec({ pod: 'web-1' }), {}, 'no-binding'],
    ['of a namesake elsewhere', withSpec({ podNamespace: 'other' }), {}, 'no-binding'],
    ['of the same pod uid', withNote({ 'podid.io/pod-uid': 'u1' }), {}, 'web'],
    ['of an earlier pod of this name', withNote({ 'podid.io/pod-uid': 'u0' }), {}, 'no-binding'],
    ['of an earlier pod on another node', withSpec({ nodename: 'n2' }), {}, 'no-binding'],
    ['that names no node', { ...whole, spec: { ...whole.spec, nodename: undefined } as never }, {}, 'web'],
    ['of a pod that has another label now', whole, relabelled({ aadpodidbinding: 'api' }), 'no-binding'],
    ['of a label in another case', whole, relabelled({ aadpodidbinding: 'Web' }), 'no-binding'],
    ['of a pod that has no label any more', whole, relabelled({}), 'no-label'],
    ['by a binding without a selector', withSpec({ azureBindingRef: bind('web', '') }), {}, 'no-binding'],
    [
      'by no binding',
      { ...whole, spec: { ...whole.spec, azureBindingRef: undefined } as never },
      {},
      'no-binding',
    ],
  ])(
    'takes, of an assignment %s, what is meant for the pod as it is now',
    (_what, assignment, situation, expected) => {
      expect(name(choose([assignment], situation))).toBe(expected);
      const created = choose([{ ...assignment, status: { status: 'Created' } }], situation);
      expect(name(created)).toBe(expected === 'web' ? 'identity-not-assigned' : expected);
    },
  );

  it.each<[string, Partial<AzureAssignedIdentity['metadata']>, string | undefined]>([
    [
      "what podid's controller wrote",
      {
        annotations: { 'podid.io/assigned-at': '2026-03-01T00:00:00Z' },
        creationTimestamp: '2026-02-01T00:00:00Z',
      },
      '2026-03-01T00:00:00Z',
    ],
    ['when the object was made', { creationTimestamp: '2026-02-01T00:00:00Z' }, '2026-02-01T00:00:00Z'],
    ['nothing', { annotations: { 'podid.io/assigned-at': 'yesterday' } }, undefined],
  ])('says since when it is on the node, by %s', (_what, metadata, since) => {
    expect(choose([{ ...whole, metadata: { ...whole.metadata, ...metadata } }])).toMatchObject({
      kind: 'granted',
      assignedMs: since === undefined ? undefined : Date.parse(since),
    });
  });

  it('believes no assignment that names an identity of a namespace it does not lie in, but for those in default', () => {
    const foreign = assigned(identity('web', { namespace: 'other' }), 'Assigned');
    const inNamespace = (namespace: string) => ({ ...foreign, metadata: { ...foreign.metadata, namespace } });
    expect(name(choose([inNamespace('shop')]))).toBe('no-binding');
    expect(name(choose([inNamespace('default')]))).toBe('web');
  });

  it('crosses namespaces unless it is forced not to, or the identity forbids it', () => {
    const foreign = identity('web', { namespace: 'other' });
    const confined = identity('web', {
      namespace: 'other',
      annotations: { 'aadpodidentity.k8s.io/Behavior': 'namespaced' },
    });
    expect(name(choose([assigned(foreign, 'Assigned')]))).toBe('web');
    expect(name(choose([assigned(foreign, 'Assigned')], {}, true))).toBe('no-binding');
    expect(name(choose([assigned(confined, 'Assigned')]))).toBe('no-binding');
  });
});
