import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clusterIdRule,
  clusterNameRule,
  managedIdentityIdRule,
  resourceGroupRule,
  subscriptionRule,
} from '../../../src/validate/flags/azure-names.ts';

const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

describe('the id of a managed identity', () => {
  it.each([id, id.toLowerCase(), id.toUpperCase(), id.replace('/g/', '/my.group-1_(x)/')])(
    'may be %s',
    (text) => {
      expect(managedIdentityIdRule(text)).toBeUndefined();
    },
  );

  it.each([
    [`${id}/`, id],
    [`${id}/federatedIdentityCredentials/x`, id],
    [` ${id} `, id],
    [id.slice(1), id],
    [id.replaceAll('/', '//'), id],
    [id.replace('ManagedIdentity', 'Compute'), undefined],
    [id.replace('userAssignedIdentities', 'identities'), undefined],
    [`${id} x`, undefined],
    [id.replace('/web', ''), undefined],
    [`https://management.azure.com${id}`, undefined],
    [`${id}?x=y`, undefined],
    ['web', undefined],
    ['', undefined],
  ])('is not %j', (text, nearest) => {
    const breach = managedIdentityIdRule(text);
    expect(breach).toBeDefined();
    if (nearest !== undefined) {
      expect(breach?.nearest).toBe(nearest);
    }
  });

  it('offers only ids that it takes itself', () => {
    const segment = fc.constantFrom(
      '',
      'subscriptions',
      's',
      'resourceGroups',
      'g',
      '..',
      '?',
      'providers',
      'x y',
    );
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 4 }),
        fc.array(segment, { maxLength: 3 }),
        (before, behind) => {
          const nearest = managedIdentityIdRule([...before, id, ...behind].join('/'))?.nearest;
          if (nearest !== undefined) {
            expect(managedIdentityIdRule(nearest)).toBeUndefined();
          }
        },
      ),
    );
  });

  it('is told from the id of a cluster', () => {
    expect(clusterIdRule(id)).toBeDefined();
  });
});

describe('names of Azure', () => {
  it.each(['../x', 'a/b', 'a.', '', 'a'.repeat(91), 'a?b', 'a\nb'])(
    'keep the resource group %j out of a path',
    (text) => {
      expect(resourceGroupRule(text)).toBeDefined();
    },
  );

  it.each(['demo', 'My_Group.1(x)-y', 'größe'])('take the resource group %s', (text) => {
    expect(resourceGroupRule(text)).toBeUndefined();
  });

  it.each(['-a', 'a-', 'a/b', '', 'a'.repeat(64), 'a b'])('refuse the cluster name %j', (text) => {
    expect(clusterNameRule(text)).toBeDefined();
  });

  it('take a subscription by its display name, and no line breaks', () => {
    expect(subscriptionRule('Pay-As-You-Go (dev)')).toBeUndefined();
    expect(subscriptionRule('a\nb')).toBeDefined();
    expect(subscriptionRule('  ')).toBeDefined();
  });
});
