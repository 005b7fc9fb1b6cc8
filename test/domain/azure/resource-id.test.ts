import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { managedIdentityType, parseResourceId, scopeCovers } from '../../../src/domain/azure/resource-id.ts';

const good =
  '/subscriptions/s/resourceGroups/rg1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

describe('a managed identity id', () => {
  it.each([good, good.toLowerCase(), good.toUpperCase()])('is read in any case, casing kept: %s', (text) => {
    expect(parseResourceId(text, managedIdentityType)).toMatchObject({ text, name: text.split('/').at(-1) });
  });

  it.each([
    ['a trailing segment', `${good}/extra`],
    ['a trailing slash', `${good}/`],
    ['no leading slash', good.slice(1)],
    ['a space', `${good} `],
    ['a space within', good.replace('rg1', 'rg 1')],
    ['another provider', good.replace('ManagedIdentity', 'Compute')],
    ['an empty segment', good.replace('rg1', '')],
    ['text before it', `x${good}`],
    ['a line break', `${good}\n`],
    ['nothing', ''],
  ])('is none with %s', (_what, text) => {
    expect(parseResourceId(text, managedIdentityType)).toBeUndefined();
  });
});

describe('the scope of a role', () => {
  it.each([
    ['/', true],
    ['', true],
    ['/providers/Microsoft.Management/managementGroups/corp', true],
    ['/subscriptions/S', true],
    ['/subscriptions/s/resourcegroups/RG1', true],
    [good, true],
    ['/subscriptions/s/resourceGroups/rg', false],
    ['/subscriptions/s/resourceGroups/rg10', false],
    ['/subscriptions/s2', false],
    [`${good}/more`, false],
  ])('%s covers the identity: %s', (scope, covers) => {
    expect(scopeCovers(scope, good)).toBe(covers);
  });

  it('covers exactly what lies below it, by segment', () => {
    const segment = fc.stringMatching(/^[a-z0-9]{1,3}$/);
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        (scope, id) => {
          const expected = scope.every((part, index) => part === id[index]);
          expect(scopeCovers(`/${scope.join('/')}`, `/${id.join('/')}`)).toBe(expected);
        },
      ),
    );
  });
});
