import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowsEgress,
  egressPolicies,
  inRange,
  type NetworkPolicy,
  selectsLabels,
} from '../../../src/domain/kubernetes/network-policy.ts';
import { parseNetworkPolicy } from '../../../src/validate/kubernetes/workloads.ts';

const pod = { namespace: 'shop', labels: { app: 'web', tier: 'front' } };

function policy(spec: object, namespace = 'shop'): NetworkPolicy {
  const parsed = parseNetworkPolicy({ metadata: { name: 'p', namespace }, spec });
  if (parsed === undefined) {
    throw new Error('the policy has a name');
  }
  return parsed;
}

const egress = (...rules: object[]) => policy({ podSelector: {}, policyTypes: ['Egress'], egress: rules });

describe('a network policy', () => {
  it.each([
    ['of another namespace', policy({ podSelector: {}, policyTypes: ['Egress'] }, 'other')],
    ['about what comes in', policy({ podSelector: {}, policyTypes: ['Ingress'] })],
    ['without a type and without egress', policy({ podSelector: {} })],
    ['for other pods', policy({ podSelector: { matchLabels: { app: 'api' } }, policyTypes: ['Egress'] })],
  ])('%s does not confine the pod', (_, one) => {
    expect(egressPolicies([one], pod)).toEqual([]);
  });

  it('confines by its egress rules even where it names no type', () => {
    expect(egressPolicies([policy({ podSelector: {}, egress: [] })], pod)).toHaveLength(1);
  });

  it.each([
    ['nothing at all', [], false],
    ['everything', [{}], true],
    ['every port of every address', [{ to: [], ports: [] }], true],
    ['a range around the address', [{ to: [{ ipBlock: { cidr: '169.254.0.0/16' } }] }], true],
    [
      'a range with a hole where the address is',
      [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] } }] }],
      false,
    ],
    ['pods alone', [{ to: [{ podSelector: {} }, { namespaceSelector: {} }] }], false],
    ['another port', [{ ports: [{ port: 443 }] }], false],
    ['the port over UDP', [{ ports: [{ protocol: 'UDP', port: 80 }] }], false],
    ['the port', [{ ports: [{ protocol: 'TCP', port: 80 }] }], true],
    ['all TCP', [{ ports: [{ protocol: 'TCP' }] }], true],
    ['a range of ports', [{ ports: [{ port: 1, endPort: 100 }] }], true],
    ['a port by a name', [{ ports: [{ port: 'http' }] }], false],
    ['one rule after one that does not fit', [{ ports: [{ port: 53 }] }, { ports: [{ port: 80 }] }], true],
    ['an IPv6 range', [{ to: [{ ipBlock: { cidr: '::/0' } }] }], false],
  ])('that allows %s is judged for the metadata service', (_, rules, allowed) => {
    expect(allowsEgress([egress(...rules)], '169.254.169.254', 80)).toBe(allowed);
  });

  it('adds to what others allow', () => {
    expect(allowsEgress([egress(), egress({})], '127.0.0.1', 2579)).toBe(true);
  });
});

describe('a label selector', () => {
  it.each([
    [{ key: 'app', operator: 'In', values: ['web', 'api'] }, true],
    [{ key: 'app', operator: 'NotIn', values: ['web'] }, false],
    [{ key: 'zone', operator: 'NotIn', values: ['a'] }, true],
    [{ key: 'tier', operator: 'Exists', values: [] }, true],
    [{ key: 'tier', operator: 'DoesNotExist', values: [] }, false],
    [{ key: 'toString', operator: 'Exists', values: [] }, false],
    [{ key: 'app', operator: 'Near', values: ['web'] }, false],
  ])('with %j is %s', (expression, matches) => {
    expect(selectsLabels({ matchLabels: {}, matchExpressions: [expression] }, pod.labels)).toBe(matches);
  });
});

describe('an address range', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));

  it('has the address it is made of, whatever its length', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), (one, length) => {
        expect(inRange(one, `${one}/${length}`)).toBe(true);
      }),
    );
  });

  it('agrees with a comparison of bits', () => {
    const bits = (text: string) =>
      text
        .split('.')
        .map((part) => Number(part).toString(2).padStart(8, '0'))
        .join('');
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (one, other, length) => {
        const same = bits(one).slice(0, length) === bits(other).slice(0, length);
        expect(inRange(one, `${other}/${length}`)).toBe(same);
      }),
    );
  });

  it.each(['', 'nonsense', '1.2.3/8', '1.2.3.4/33', '1.2.3.4/x', '300.0.0.1/8'])('%j has none', (range) => {
    expect(inRange('1.2.3.4', range)).toBe(false);
  });
});
