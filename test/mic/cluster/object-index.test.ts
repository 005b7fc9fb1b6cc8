import { describe, expect, it } from 'vitest';
import type { AzureIdentityBinding } from '../../../src/domain/kubernetes/identity-resources.ts';
import { BindingIndex } from '../../../src/mic/cluster/object-index.ts';

const binding = (
  name: string,
  { namespace = 'shop', selector = 'web', azureIdentity = 'id' } = {},
): AzureIdentityBinding => ({ metadata: { namespace, name }, spec: { selector, azureIdentity } });

const namesOf = (bindings: readonly AzureIdentityBinding[]) =>
  bindings.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

function indexOf(...bindings: AzureIdentityBinding[]) {
  const changed: string[] = [];
  const index = new BindingIndex((selector) => changed.push(selector));
  index.replace(bindings);
  return { index, changed };
}

describe('the index of bindings', () => {
  it('gives those of a selector by namespace, then name, as they are now', () => {
    const { index } = indexOf(binding('b'), binding('a'), binding('z', { namespace: 'bank' }));
    expect(namesOf(index.with('web'))).toEqual(['bank/z', 'shop/a', 'shop/b']);
    index.upsert(binding('a', { selector: 'jobs' }));
    expect(namesOf(index.with('web'))).toEqual(['bank/z', 'shop/b']);
    index.remove(binding('b', { selector: 'jobs' }));
    expect(namesOf(index.with('web'))).toEqual(['bank/z']);
    expect(namesOf(index.with('jobs'))).toEqual(['shop/a']);
  });

  it('gives nothing for an empty selector, which matches no pod', () => {
    expect(indexOf(binding('a', { selector: '' })).index.with('')).toEqual([]);
  });

  it('tells by an identity which labels may get it', () => {
    const { index } = indexOf(
      binding('a'),
      binding('b', { selector: 'jobs' }),
      binding('c', { selector: '' }),
    );
    expect(index.selectorsOf('shop/id')).toEqual(new Set(['web', 'jobs']));
    index.upsert(binding('b', { selector: 'jobs', azureIdentity: 'other' }));
    expect(index.selectorsOf('shop/id')).toEqual(new Set(['web']));
    expect(index.selectorsOf('bank/id')).toEqual(new Set());
  });

  it('tells of the selector that was, and of the one that is', () => {
    const { index, changed } = indexOf(binding('a'));
    index.upsert(binding('a', { selector: 'jobs' }));
    expect(changed).toEqual(['web', 'web', 'jobs']);
  });

  it('takes in a hundred thousand of one selector, for which walks over all would take an hour', () => {
    const { index } = indexOf();
    for (let number = 0; number < 100_000; number += 1) {
      index.upsert(binding(`b${number}`, { azureIdentity: `id${number}` }));
    }
    expect(index.selectorsOf('shop/id77')).toEqual(new Set(['web']));
    expect(index.with('web')).toHaveLength(100_000);
  });
});
