import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveName } from '../../../src/domain/entries/derive-name.ts';

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
