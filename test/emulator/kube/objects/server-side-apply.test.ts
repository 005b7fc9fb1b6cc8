import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trackUpdate } from '../../../../src/emulator/kube/objects/field-owners.ts';
import {
  fieldsOf,
  fromFieldsV1,
  pathOf,
  toFieldsV1,
  valueAt,
} from '../../../../src/emulator/kube/objects/field-set.ts';
import type { KubeObject } from '../../../../src/emulator/kube/objects/kube-object.ts';
import { applyObject } from '../../../../src/emulator/kube/objects/server-side-apply.ts';

describe('server-side apply', () => {
  it('lists the leaves a manager set, without the maps above them', () => {
    const { object } = apply(undefined, 'podid', { clientID: 'c', podLabels: { a: '1' } }, { app: 'web' });
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'podid',
        operation: 'Apply',
        apiVersion: 'aadpodidentity.k8s.io/v1',
        time: 'T',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': { 'f:clientID': {}, 'f:podLabels': { 'f:a': {} } },
        },
      },
    ]);
  });

  it('owns a field together with whoever set the same value, and removes it when the last one lets go', () => {
    const first = apply(undefined, 'one', { clientID: 'c' }).object;
    const both = apply(first, 'two', { clientID: 'c', type: 0 }).object;
    const left = apply(both, 'two', { type: 0 }).object;
    expect(left.spec).toEqual({ clientID: 'c', type: 0 });
    expect(apply(left, 'one', {}).object.spec).toEqual({ type: 0 });
  });

  it('refuses another value unless forced, and then the other manager has lost the field', () => {
    const live = apply(undefined, 'one', { clientID: 'c', type: 0 }).object;
    const refused = apply(live, 'two', { clientID: 'd' });
    expect(refused.conflicts).toEqual([
      { manager: 'one', apiVersion: 'aadpodidentity.k8s.io/v1', field: '.spec.clientID' },
    ]);
    expect(refused.object).toBe(live);
    const forced = apply(live, 'two', { clientID: 'd' }, {}, true).object;
    expect(forced.spec).toEqual({ clientID: 'd', type: 0 });
    expect(ownerNames(forced, ['f:spec', 'f:clientID'])).toEqual(['two']);
    expect(apply(forced, 'one', { type: 0, clientID: 'c' }).conflicts).toHaveLength(1);
  });

  it('conflicts with what a plain update changed, and no longer with what that update removed', () => {
    const live = apply(undefined, 'podid', { clientID: 'c', type: 0 }).object;
    const edited = trackUpdate(
      live,
      { ...live, spec: { clientID: 'edited' } },
      { manager: 'kubectl-edit', time: 'T' },
    );
    expect(ownerNames(edited, ['f:spec', 'f:clientID'])).toEqual(['kubectl-edit']);
    expect(apply(edited, 'podid', { clientID: 'c', type: 0 }).conflicts.map((each) => each.field)).toEqual([
      '.spec.clientID',
    ]);
    expect(apply(edited, 'podid', { type: 1 }).conflicts).toEqual([]);
  });

  it('treats a list as one value', () => {
    const live = apply(undefined, 'one', { auxiliaryTenantIDs: ['a'] }).object;
    expect(apply(live, 'two', { auxiliaryTenantIDs: ['a', 'b'] }).conflicts).toHaveLength(1);
  });

  it('merges finalizers of two managers, each with its own', () => {
    const one = apply(undefined, 'one', {}, {}, false, ['x.io/a']).object;
    const two = apply(one, 'two', {}, {}, false, ['x.io/b']).object;
    expect(two.metadata.finalizers).toEqual(['x.io/a', 'x.io/b']);
    expect(apply(two, 'one', {}).object.metadata.finalizers).toEqual(['x.io/b']);
  });

  const specs = fc.record(
    {
      clientID: fc.constantFrom('a', 'b'),
      type: fc.constantFrom(0, 1),
      clientPassword: fc.record(
        { name: fc.constantFrom('a', 'b'), namespace: fc.constant('n') },
        { requiredKeys: [] },
      ),
      auxiliaryTenantIDs: fc.array(fc.constantFrom('t', 'u'), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const steps = fc.array(
    fc.record({ manager: fc.constantFrom('one', 'two', 'three'), spec: specs, force: fc.boolean() }),
    { maxLength: 12 },
  );

  it('never leaves a field without an owner, an owner without its field, or an apply without its own values', () => {
    fc.assert(
      fc.property(steps, (history) => {
        let live: KubeObject | undefined;
        for (const { manager, spec, force } of history) {
          const { object, conflicts } = apply(live, manager, spec, {}, force);
          if (conflicts.length > 0) {
            expect(force).toBe(false);
            continue;
          }
          live = object;
          expect(live.spec ?? {}).toMatchObject(spec);
          const owned = new Set(entriesOf(live).flatMap((entry) => [...fromFieldsV1(entry.fieldsV1)]));
          const there = fieldsOf(live, true);
          expect([...owned].filter((key) => !there.has(key))).toEqual([]);
          expect([...fieldsOf(live, false)].filter((key) => !owned.has(key))).toEqual([]);
        }
      }),
    );
  });

  it('changes nothing when the same is applied again', () => {
    fc.assert(
      fc.property(steps, (history) => {
        let live: KubeObject | undefined;
        for (const { manager, spec } of history) {
          live = apply(live, manager, spec, {}, true).object;
          expect(apply(live, manager, spec).object).toBe(live);
        }
      }),
    );
  });
});

describe('FieldsV1', () => {
  const values = fc.letrec((tie) => ({
    map: fc.dictionary(fc.string({ minLength: 1 }), fc.oneof({ maxDepth: 3 }, fc.string(), tie('map')), {
      maxKeys: 4,
    }),
  })).map;

  it('is read back as it was written, and each of its paths leads to a value', () => {
    fc.assert(
      fc.property(values, fc.boolean(), (spec, withParents) => {
        const object = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' }, spec };
        const fields = fieldsOf(object, withParents);
        expect(new Set(fromFieldsV1(toFieldsV1(fields)))).toEqual(new Set(fields));
        for (const key of fields) {
          expect(valueAt(object, pathOf(key))).toBeDefined();
        }
      }),
    );
  });
});

function apply(
  live: KubeObject | undefined,
  manager: string,
  spec: object,
  labels: Record<string, string> = {},
  force = false,
  finalizers?: string[],
) {
  const metadata = {
    name: 'x',
    namespace: 'shop',
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(finalizers ? { finalizers } : {}),
  };
  const body = { apiVersion: 'aadpodidentity.k8s.io/v1', kind: 'AzureIdentity', metadata };
  const applied = Object.keys(spec).length > 0 ? { ...body, spec } : body;
  return applyObject(live, { applied, writer: { manager, time: 'T' }, force });
}

function entriesOf(object: KubeObject) {
  return object.metadata.managedFields ?? [];
}

function ownerNames(object: KubeObject, path: string[]): string[] {
  return entriesOf(object)
    .filter((entry) => fromFieldsV1(entry.fieldsV1).has(JSON.stringify(path)))
    .map((entry) => entry.manager);
}
