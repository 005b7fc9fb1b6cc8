import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addOptions } from '../../src/validate/flags/add-options.ts';
import {
  clusterIdRule,
  clusterNameRule,
  managedIdentityIdRule,
  resourceGroupRule,
  subscriptionRule,
} from '../../src/validate/flags/azure-names.ts';
import { parseCustomHeaders } from '../../src/validate/flags/custom-headers.ts';
import { durationOf, parseDuration } from '../../src/validate/flags/duration.ts';
import { parsePodLabels } from '../../src/validate/flags/pod-labels.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';
import { faultsOf } from './faults-of.ts';

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

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', '0s', '-1s', '1d', '5 m', '1e3s', '99999999h', '٥m', 'Infinity', '5M'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
      expect(faultsOf((faults) => durationOf(faults, '--timeout', text, 1))[0]).toContain('--timeout');
    },
  );

  it('reads back every whole number of seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seconds) => {
        expect(parseDuration(`${seconds}s`)).toBe(seconds * 1000);
      }),
    );
  });
});

describe('custom headers', () => {
  const read = (...texts: string[]) => parseCustomHeaders(new UsageFaults(), texts);

  it('are read as az reads them, and may hold = in a value', () => {
    const feature = 'Microsoft.ContainerService/EnablePodIdentityPreview';
    expect(read(`AKSHTTPCustomFeatures=${feature},X-A=b=c=`, 'Y=')).toEqual({
      AKSHTTPCustomFeatures: feature,
      'X-A': 'b=c=',
      Y: '',
    });
  });

  it.each([
    'nothing',
    '=v',
    'a b=c',
    'ä=b',
    'a\r\nEvil: x=b',
    'a=b\r\nEvil: x',
    'a=b\n',
    'a=\0',
    'a=ü',
    'a=1,A=2',
    'Authorization=Bearer x',
    'User-Agent=x',
    'Accept=x',
    'accept-encoding=x',
    'HOST=x',
    'If-Match=*',
    'if-none-match=*',
    'Content-Length=3',
    'content-type=x',
    'Transfer-Encoding=chunked',
    'a=1,,b=2',
    '',
  ])('refuse %j', (text) => {
    expect(faultsOf((faults) => parseCustomHeaders(faults, [text]))).toHaveLength(1);
  });

  it('never let a line break through', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (name, value) => {
        const faults = new UsageFaults();
        const headers = parseCustomHeaders(faults, [`${name}=${value}`]);
        if (faults.any) {
          return;
        }
        for (const [key, text] of Object.entries(headers)) {
          expect(() => new Headers([[key, text]])).not.toThrow();
        }
        expect(JSON.stringify(headers)).not.toMatch(/\\[rn]/);
      }),
    );
  });
});

describe('pod labels', () => {
  it('become a map', () => {
    expect(parsePodLabels(new UsageFaults(), ['app=web', 'example.com/tier=', '__proto__=x'])).toBeDefined();
    expect(parsePodLabels(new UsageFaults(), ['app=web', 'example.com/tier='])).toEqual({
      app: 'web',
      'example.com/tier': '',
    });
  });

  it.each([
    ['a=b=c', 'Nearest: a=b-c'],
    ['k', 'Nearest: k='],
    ['=v', '"" is not a label key'],
    [`k=${'v'.repeat(64)}`, `Nearest: ${'v'.repeat(63)}`],
    ['k=v,l=w', 'not of the form KEY=VALUE'],
    ['k=ä', 'is not a label value'],
    ['k=v\n', 'is not a label value'],
  ])('refuse %j', (pair, text) => {
    expect(faultsOf((faults) => parsePodLabels(faults, [pair])).join(' ')).toContain(text);
  });

  it('refuse a key given twice, and no label at all', () => {
    expect(faultsOf((faults) => parsePodLabels(faults, ['a=b', 'a=c']))).toEqual([
      '--pod-labels: the key "a" is given twice.',
    ]);
    expect(faultsOf((faults) => parsePodLabels(faults, ['']))).toHaveLength(1);
  });
});

describe('the options of add', () => {
  const flags = { namespace: 'shop', name: undefined, identityResourceId: id, bindingSelector: undefined };

  it('take an empty name for none', () => {
    expect(addOptions({ ...flags, name: '' }, new UsageFaults())).toEqual({
      namespace: 'shop',
      identityResourceId: id,
    });
  });

  it('want a selector where the name is too long for a label', () => {
    const name = 'a'.repeat(64);
    expect(faultsOf((faults) => addOptions({ ...flags, name }, faults))[0]).toContain(
      '--binding-selector is missing',
    );
    expect(faultsOf((faults) => addOptions({ ...flags, name, bindingSelector: 'a' }, faults))).toEqual([]);
  });

  it('refuse a selector of 64 characters and offer one of 63', () => {
    const [fault] = faultsOf((faults) => addOptions({ ...flags, bindingSelector: 'a'.repeat(64) }, faults));
    expect(fault).toContain(`Nearest: ${'a'.repeat(63)}`);
  });
});
