import { describe, expect, it } from 'vitest';
import { checkIdentityNamed, identityReference } from '../../../src/validate/flags/identity-reference.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';
import { faultsOf } from '../faults-of.ts';

const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
const read = (identity?: string, identityResourceId?: string) =>
  identityReference({ identity, identityResourceId }, new UsageFaults());

describe('the managed identity that a command line names', () => {
  it.each([
    ['web', { kind: 'name', name: 'web' }],
    ['demo-rg/web', { kind: 'name', name: 'web', resourceGroup: 'demo-rg' }],
  ])('is looked up: %s', (text, reference) => {
    expect(read(text)).toEqual(reference);
  });

  it('is its id', () => {
    expect(read(undefined, id)).toEqual({ kind: 'id', resourceId: id, name: 'web' });
  });

  it.each([
    ['both flags', 'web', id, 'give one of them'],
    ['an id as a name', id, undefined, 'give it as --identity-resource-id'],
    ['too many words', 'a/b/c', undefined, 'is not NAME or GROUP/NAME'],
    ['no name', 'demo-rg/', undefined, 'is not the name of a managed identity'],
    ['no group', '/web', undefined, 'is not a resource group'],
    ['a name that none can have', 'w*b', undefined, 'is not the name of a managed identity'],
    ['a wrong id', undefined, 'web', 'is not the id of a managed identity'],
  ])('is refused: %s', (_, identity, identityResourceId, words) => {
    const faults = faultsOf((found) => identityReference({ identity, identityResourceId }, found));
    expect(faults).toEqual([expect.stringContaining(words)]);
  });

  it('is missing where a new entry has none', () => {
    const faults = faultsOf((found) => checkIdentityNamed({ identityResourceId: undefined }, found));
    expect(faults).toEqual([expect.stringMatching(/^--identity is missing: .*--identity-resource-id/)]);
  });
});
