import { describe, expect, it } from 'vitest';
import { objectsFile } from '../../../src/domain/entries/objects-file.ts';

const cluster = { name: 'aks' };
const old = { namespace: 'n', name: 'old', resourceId: '/id/old', bindingSelector: 'first' };

describe('the objects of a cluster as a file', () => {
  it('give each further binding of an identity an entry of its own', () => {
    const moreBindings = [
      { namespace: 'n', name: 'more-binding', identity: 'old', bindingSelector: 'second' },
      { namespace: 'n', name: '-binding', identity: 'old', bindingSelector: 'third' },
    ];
    const { file, losses } = objectsFile({ identities: [old], exceptions: [], moreBindings }, cluster);
    expect(file.identities).toEqual([
      { name: '-binding', namespace: 'n', identityResourceId: '/id/old', bindingSelector: 'third' },
      { name: 'more', namespace: 'n', identityResourceId: '/id/old', bindingSelector: 'second' },
      { name: 'old', namespace: 'n', identityResourceId: '/id/old', bindingSelector: 'first' },
    ]);
    expect(losses).toEqual([]);
  });

  it.each([
    [
      'an identity without a resource id',
      { identities: [{ namespace: 'n', name: 'x', bindingSelector: 's' }] },
      'names no managed identity',
    ],
    [
      'an identity that nothing binds',
      { identities: [{ namespace: 'n', name: 'x', resourceId: '/id' }] },
      'has no AzureIdentityBinding',
    ],
    [
      'a name that no binding could be called after',
      { identities: [{ ...old, name: 'x'.repeat(246) }] },
      'more than 245 characters',
    ],
    ['a service principal', { servicePrincipals: [{ namespace: 'n', name: 'x' }] }, 'is a service principal'],
    [
      'a further binding whose name is taken',
      {
        identities: [old],
        moreBindings: [{ namespace: 'n', name: 'old', identity: 'old', bindingSelector: 's' }],
      },
      'AzureIdentityBinding n/old',
    ],
    [
      'a binding of an identity that is not there',
      { moreBindings: [{ namespace: 'n', name: 'b', identity: 'x', bindingSelector: 's' }] },
      'AzureIdentityBinding n/b',
    ],
  ])('leave out %s, and say so', (_, objects, said) => {
    const { losses } = objectsFile({ identities: [], exceptions: [], ...objects }, cluster);
    expect(losses).toEqual([expect.stringContaining(said)]);
  });
});
