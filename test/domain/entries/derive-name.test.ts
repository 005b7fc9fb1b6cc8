import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveName, nameOfLabels } from '../../../src/domain/entries/derive-name.ts';

describe('a name derived from a managed identity', () => {
  it('is an RFC 1123 name for every name Azure takes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/), (name) => {
        expect(deriveName(name)).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      }),
    );
  });

  it('is lower case, with dashes for what Kubernetes does not take', () => {
    expect(deriveName('Web_API_')).toBe('web-api');
  });
});

describe('a name derived from labels', () => {
  const labels = fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.stringMatching(/^[a-z]{0,9}$/));

  it('has 16 letters and digits, whatever the order of the labels', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,9}$/), labels, (namespace, podLabels) => {
        const name = nameOfLabels(namespace, podLabels);
        expect(name).toMatch(/^[a-z][a-z0-9]{15}$/);
        expect(nameOfLabels(namespace, Object.fromEntries(Object.entries(podLabels).toReversed()))).toBe(
          name,
        );
      }),
    );
  });

  it('differs with namespace and labels', () => {
    const names = [
      nameOfLabels('a', {}),
      nameOfLabels('b', {}),
      nameOfLabels('a', { app: 'web' }),
      nameOfLabels('a', { app: 'we', b: '' }),
      nameOfLabels('a', { app: 'web', b: '' }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});
