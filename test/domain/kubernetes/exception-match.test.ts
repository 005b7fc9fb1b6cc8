import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exceptionTakes } from '../../../src/domain/kubernetes/exception-match.ts';
import { isExcepted } from '../../../src/nmi/decide/exceptions.ts';

describe('an exception', () => {
  it.each([
    [{ app: 'legacy' }, { app: 'legacy', tier: 'x' }, true],
    [{ app: 'LEGACY', tier: 'none' }, { app: 'legacy' }, true],
    [{ App: 'legacy' }, { app: 'legacy' }, false],
    [{}, { app: 'legacy' }, false],
    [{ toString: 'x' }, {}, false],
  ])('with %j and a pod with %j: %s', (podLabels, labels, takes) => {
    expect(exceptionTakes(podLabels as Record<string, string>, labels as Record<string, string>)).toBe(takes);
  });

  it('takes the pods that the agent takes', () => {
    const labels = fc.dictionary(fc.constantFrom('app', 'App', 'tier'), fc.constantFrom('a', 'A', 'b', ''));
    fc.assert(
      fc.property(labels, labels, (podLabels, own) => {
        const pod = {
          ...{ uid: 'u', namespace: 'shop', name: 'web', labels: own, ips: [], hostNetwork: false },
          ...{ nodeName: '', phase: 'Running', createdMs: 0 },
        };
        const exception = { metadata: { namespace: 'shop', name: 'e' }, spec: { podLabels } };
        expect(exceptionTakes(podLabels, own)).toBe(isExcepted(pod, [exception]));
      }),
    );
  });
});
