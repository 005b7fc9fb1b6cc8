import { describe, expect, it } from 'vitest';
import { parseControllerPod } from '../../../src/validate/kubernetes/controller.ts';

describe('a pod of a controller', () => {
  it.each([
    ['podid-mic', undefined, undefined, true],
    ['podid-mic', undefined, 'false', false],
    ['podid-mic', 'false', undefined, false],
    ['podid-mic', 'false', 'true', true],
    ['podid-mic', 'true', 'false', true],
    ['mic', undefined, undefined, false],
    ['mic', 'false', 'true', true],
    ['mic', 'true', undefined, true],
    ['mic', undefined, 'false', false],
  ])(
    'is read as the program reads it: %s, --forceNamespaced=%s, FORCENAMESPACED=%s',
    (program, flag, value, expected) => {
      const args = flag === undefined ? [] : [`--forceNamespaced=${flag}`];
      const env = value === undefined ? [] : [{ name: 'FORCENAMESPACED', value }];
      const pod = {
        metadata: { namespace: 'ids', name: 'mic-1' },
        spec: { containers: [{ name: 'mic', command: [program], args, env }] },
      };
      expect(parseControllerPod(pod)?.forceNamespaced).toBe(expected);
    },
  );
});
