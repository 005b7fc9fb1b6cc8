import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimFields, otherOwners } from '../../../src/k8s/objects/field-owners.ts';
import type { FieldSet, ManagedFields } from '../../../src/validate/kubernetes/managed-object.ts';

const element = fc.constantFrom(
  'f:spec',
  'f:metadata',
  'f:labels',
  'f:clientID',
  'f:podLabels',
  'f:app',
  '.',
);
const { fields } = fc.letrec<{ fields: FieldSet }>((tie) => ({
  fields: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({}),
    fc.dictionary(element, tie('fields'), { noNullPrototype: true }),
  ),
}));
const entry: fc.Arbitrary<ManagedFields> = fc.record({
  manager: fc.constantFrom('podid', 'helm', 'kubectl'),
  operation: fc.constantFrom('Apply', 'Update'),
  apiVersion: fc.constant('aadpodidentity.k8s.io/v1'),
  fields,
});

function pathsOf(set: FieldSet, above: readonly string[] = []): readonly string[] {
  return Object.entries(set).flatMap(([name, inner]) => [
    [...above, name].join('/'),
    ...pathsOf(inner, [...above, name]),
  ]);
}

describe('claiming fields', () => {
  it('loses no field that anyone held', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.boolean(), (managers, everything) => {
        const before = new Set(managers.flatMap((one) => pathsOf(one.fields)));
        const after = new Set(claimFields(managers, everything).flatMap((one) => pathsOf(one.fields)));
        expect(after).toEqual(before);
      }),
    );
  });

  it('leaves podid one entry, by apply, and others what they held unless all is claimed', () => {
    fc.assert(
      fc.property(fc.array(entry), (managers) => {
        const claimed = claimFields(managers, false);
        expect(
          claimed.filter(({ manager }) => manager === 'podid').map(({ operation }) => operation),
        ).toEqual(['Apply']);
        expect(claimed.slice(1)).toEqual(managers.filter(({ manager }) => manager !== 'podid'));
      }),
    );
  });

  it('leaves no one else a field of the spec when all is claimed', () => {
    fc.assert(
      fc.property(fc.array(entry), (managers) => {
        const others = claimFields(managers, true).slice(1);
        expect(others.filter((one) => 'f:spec' in one.fields)).toEqual([]);
      }),
    );
  });
});

describe('finding other owners', () => {
  it('counts who holds a field, who holds all above it, and not who holds a sibling', () => {
    const managers: readonly ManagedFields[] = [
      { manager: 'podid', operation: 'Apply', apiVersion: 'v1', fields: { 'f:spec': { 'f:podLabels': {} } } },
      {
        manager: 'leaf',
        operation: 'Update',
        apiVersion: 'v1',
        fields: { 'f:spec': { 'f:podLabels': { 'f:a': {} } } },
      },
      {
        manager: 'whole',
        operation: 'Update',
        apiVersion: 'v1',
        fields: { 'f:spec': { 'f:podLabels': {} } },
      },
      {
        manager: 'sibling',
        operation: 'Update',
        apiVersion: 'v1',
        fields: { 'f:spec': { 'f:podLabels': { 'f:b': {} } } },
      },
    ];
    expect(otherOwners(managers, [['spec', 'podLabels', 'a']])).toEqual(['leaf', 'whole']);
  });
});
