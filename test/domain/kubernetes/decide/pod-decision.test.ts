import { describe, expect, it } from 'vitest';
import { fitBinding } from '../../../../src/domain/kubernetes/decide/binding-fit.ts';
import { explainMissingIdentity } from '../../../../src/domain/kubernetes/decide/missing-identity.ts';
import { decidePodIdentity, exceptionOf } from '../../../../src/domain/kubernetes/decide/pod-decision.ts';
import type {
  AzureIdentity,
  AzureIdentityBinding,
} from '../../../../src/domain/kubernetes/identity-resources.ts';
import { parsePod } from '../../../../src/validate/kubernetes/pod.ts';

function pod(labels: Record<string, string>) {
  const parsed = parsePod({ metadata: { uid: 'u', name: 'p', namespace: 'shop', labels } });
  if (parsed === undefined) {
    throw new Error('no pod');
  }
  return parsed;
}

const exception = (podLabels: Record<string, string> | undefined, namespace = 'shop') => ({
  metadata: { name: 'e', namespace },
  spec: podLabels === undefined ? {} : { podLabels },
});

const identity = (
  name: string,
  spec: AzureIdentity['spec'] = { clientID: `c-${name}` },
  namespace = 'shop',
) => ({
  metadata: { name, namespace },
  spec,
});
const binding = (
  azureIdentity: string | undefined,
  selector: string,
  namespace = 'shop',
): AzureIdentityBinding => ({
  metadata: { name: 'b', namespace },
  spec: azureIdentity === undefined ? { selector } : { azureIdentity, selector },
});
const index = (...identities: AzureIdentity[]) =>
  new Map(identities.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]));

describe('a binding', () => {
  it.each([
    ['fits', binding('web', 'web'), 'fits'],
    ['is of another namespace', binding('web', 'web', 'other'), 'other-namespace'],
    ['has another selector', binding('web', 'Web'), 'other-selector'],
    ['has no selector', binding('web', ''), 'other-selector'],
    ['names an identity that is not there', binding('api', 'web'), 'identity-missing'],
    ['names its identity in other letters', binding('Web', 'web'), 'identity-missing'],
    ['names none', binding(undefined, 'web'), 'identity-missing'],
  ] as const)('that %s is %s', (_what, one, kind) => {
    const identities = index(identity('web'), identity('undefined'), identity('api', {}, 'other'));
    expect(fitBinding({ namespace: 'shop' }, 'web', one, identities).kind).toBe(kind);
  });

  it.each([
    [undefined, 'identity-unnamed'],
    ['', 'identity-unnamed'],
    ['WEB', 'identity-misspelt'],
    ['web ', 'identity-misspelt'],
    ['api', 'identity-in-other-namespace'],
    ['none', 'identity-missing'],
  ] as const)('that names %j: %s', (named, kind) => {
    const identities = [identity('api', {}, 'other'), identity('web', {}, 'other'), identity('web')];
    expect(explainMissingIdentity(binding(named, 'web'), identities).kind).toBe(kind);
  });
});

describe('a pod', () => {
  const decide = (
    labels: Record<string, string>,
    bindings: AzureIdentityBinding[],
    ...all: AzureIdentity[]
  ) => decidePodIdentity({ pod: pod(labels), request: {}, requireChoice: false }, bindings, index(...all));

  it('is granted the identity of a binding that fits, whatever the others are', () => {
    const bindings = [binding('none', 'web'), binding('web', 'web'), binding('api', 'api')];
    expect(decide({ aadpodidbinding: 'web' }, bindings, identity('web'), identity('api'))).toMatchObject({
      kind: 'granted',
      identity: { metadata: { name: 'web' } },
      isArbitrary: false,
    });
  });

  it('lists the bindings that name nothing only when none fits', () => {
    const dangling = [binding('none', 'web'), binding('Web', 'web')];
    expect(decide({ aadpodidbinding: 'web' }, dangling, identity('web'))).toEqual({
      kind: 'identity-missing',
      label: 'web',
      bindings: dangling,
    });
  });

  it.each([
    [{ type: 7, clientID: 'c' }, 'incomplete-identity'],
    [{}, 'incomplete-identity'],
    [
      { type: 1, clientID: 'c', tenantID: 't', clientPassword: { name: 's', namespace: 'other' } },
      'secret-in-other-namespace',
    ],
  ])('gets nothing of an identity with %j', (spec, kind) => {
    expect(decide({ aadpodidbinding: 'web' }, [binding('web', 'web')], identity('web', spec)).kind).toBe(
      kind,
    );
  });
});

describe('an exception', () => {
  it.each([
    ['one label of several matches', { app: 'legacy', tier: 'x' }, { tier: 'x', zone: '1' }, true],
    ['the value differs in case', { app: 'Legacy' }, { app: 'lEGACY' }, true],
    ['the key differs in case', { App: 'legacy' }, { app: 'legacy' }, false],
    ['the value differs', { app: 'legacy' }, { app: 'modern' }, false],
    ['it has no labels', { app: 'legacy' }, {}, false],
    ['it has no map of labels', { app: 'legacy' }, undefined, false],
    ['the pod has none', {}, { app: 'legacy' }, false],
    ['the key is one of every object', {}, { constructor: 'x' }, false],
    ['both differ in case but the key', { app: 'legacy', tier: 'x' }, { app: 'LEGACY', tier: 'none' }, true],
    ['the key is one of every object, and the pod has none', {}, { toString: 'x' }, false],
  ])('when %s', (_title, labels, podLabels, expected) => {
    expect(
      exceptionOf(pod(labels), [exception(podLabels as Record<string, string> | undefined)]) !== undefined,
    ).toBe(expected);
  });

  it('holds in its own namespace alone', () => {
    expect(exceptionOf(pod({ app: 'a' }), [exception({ app: 'a' }, 'other')]) !== undefined).toBe(false);
  });

  it('is one of several', () => {
    expect(
      exceptionOf(pod({ app: 'a' }), [exception({ app: 'b' }), exception({ app: 'a' })]) !== undefined,
    ).toBe(true);
  });

  it('is needed by a pod named after MIC as by any other', () => {
    const mic = parsePod({ metadata: { uid: 'u', name: 'mic-6f7-x', namespace: 'default', labels: {} } });
    expect(mic && exceptionOf(mic, []) !== undefined).toBe(false);
  });
});
