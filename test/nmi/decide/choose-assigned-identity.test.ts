import { describe, expect, it } from 'vitest';
import type {
  AzureAssignedIdentity,
  AzureIdentity,
} from '../../../src/domain/kubernetes/identity-resources.ts';
import { chooseAssignedIdentity } from '../../../src/nmi/decide/choose-assigned-identity.ts';
import { asker, bind, identity, name, type Situation, web } from './pods-in-test.ts';

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
    expect(choose([])).toMatchObject({
      status: 400,
      awaitsMic: true,
      description: expect.stringMatching(
        /MIC has assigned it no identity .* or MIC does not work: podid doctor --namespace shop --pod web-0\.$/,
      ),
    });
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
