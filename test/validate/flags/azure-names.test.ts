import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clusterIdRule,
  clusterNameRule,
  managedIdentityIdRule,
  resourceGroupRule,
  subscriptionRule,
} from '../../../src/validate/flags/azure-names.ts';
import { machineRule } from '../../../src/validate/flags/machine-names.ts';

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
    [id.replace('resourceGroups', 'resourcegroup'), id],
    [id.replace('subscriptions', 'Subscription').replace('Identities', 'Identity'), id],
    [id.replace('resourceGroups', 'groups'), undefined],
    [`${id} x`, undefined],
    [id.replace('/web', ''), undefined],
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

  it.each([
    [`"${id}"`],
    [`'${id}'`],
    [`\\"${id}\\"`],
    [`\u201c${id}\u201d`],
    [`C:/Program Files/Git${id}`],
    [`C:\\Program Files\\Git${id.replaceAll('/', '\\')}`],
    [`"C:/Users/anna/scoop/apps/git/current${id}"`],
    [`https://management.azure.com${id}`],
    [`https://management.azure.com${id}?api-version=2023-01-31`],
    [`https://portal.azure.com/#@contoso.com/resource${id}/overview`],
    [`https://portal.azure.com/#resource${id}`],
    [`https://portal.azure.com/#view/Blade/resourceId/${id.replaceAll('/', '%2F')}`],
    [`"${id}",`],
    [`["${id}"]`],
    [`<${id}>`],
    [`${id}?api-version=2023-01-31`],
    [`${id}\r\n`],
  ])('is found in %j, for every kind of id', (text) => {
    expect(managedIdentityIdRule(text)?.nearest).toBe(id);
    const cluster = 'Microsoft.ContainerService/managedClusters';
    const type = 'Microsoft.ManagedIdentity/userAssignedIdentities';
    const other = (wanted: string) =>
      ['/', '\\', '%2F'].reduce((made, slash) => made.replace(type.replace('/', slash), wanted), text);
    expect(clusterIdRule(other(cluster))?.nearest).toBe(id.replace(type, cluster));
    const machine = 'Microsoft.Compute/virtualMachines';
    expect(machineRule(machine)(other(machine))?.nearest).toBe(id.replace(type, machine));
  });

  it.each([managedIdentityIdRule, machineRule('Microsoft.Compute/virtualMachines')])(
    'that Git Bash changed is told from others',
    (rule) => {
      expect(rule(`C:/Program Files/Git${id}`)?.rule).toContain('MSYS_NO_PATHCONV=1');
      expect(rule(`https://management.azure.com${id}x/y/z`)?.rule).not.toContain('MSYS');
    },
  );

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

  it.each([
    ['/subscriptions/', ''],
    ['/Subscriptions/', '/'],
    ['subscriptions/', ''],
    ['{', '}'],
    ['"', '"'],
    [' ', ''],
    ['', '\r\n'],
    ['["', '"]'],
    ['https://management.azure.com/subscriptions/', '?api-version=2022-12-01'],
    ['C:/Program Files/Git/subscriptions/', ''],
  ])('find the id of a subscription between %j and %j', (before, behind) => {
    const guid = '00000000-0000-4000-8000-000000000001';
    expect(subscriptionRule(guid)).toBeUndefined();
    expect(subscriptionRule(`Dev ${guid}`)).toBeUndefined();
    expect(subscriptionRule(before + guid + behind)?.nearest).toBe(guid);
  });

  it('take a subscription by its display name, and no line breaks', () => {
    expect(subscriptionRule('Pay-As-You-Go (dev)')).toBeUndefined();
    expect(subscriptionRule('a\nb')).toBeDefined();
    expect(subscriptionRule('  ')).toBeDefined();
  });
});
