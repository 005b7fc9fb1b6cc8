import { describe, expect, it } from 'vitest';
import { isExcepted } from '../../../src/nmi/decide/exceptions.ts';
import { parsePod } from '../../../src/validate/kubernetes/pod.ts';

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
  ])('when %s', (_title, labels, podLabels, expected) => {
    expect(isExcepted(pod(labels), [exception(podLabels as Record<string, string> | undefined)])).toBe(
      expected,
    );
  });

  it('holds in its own namespace alone', () => {
    expect(isExcepted(pod({ app: 'a' }), [exception({ app: 'a' }, 'other')])).toBe(false);
  });

  it('is one of several', () => {
    expect(isExcepted(pod({ app: 'a' }), [exception({ app: 'b' }), exception({ app: 'a' })])).toBe(true);
  });

  it('is needed by a pod named after MIC as by any other', () => {
    const mic = parsePod({ metadata: { uid: 'u', name: 'mic-6f7-x', namespace: 'default', labels: {} } });
    expect(mic && isExcepted(mic, [])).toBe(false);
  });
});
