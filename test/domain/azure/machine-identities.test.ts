import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assigningPatch, removingPatch } from '../../../src/domain/azure/machine-identities.ts';

const id = (name: string) => `/subscriptions/s/resourceGroups/g/providers/p/t/${name}`;
const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
const types = fc.constantFrom(true, false);

/** A machine as Azure would have it: its type says what it carries. */
function machine(carried: readonly string[], system: boolean) {
  const identityType =
    [system ? 'SystemAssigned' : '', carried.length > 0 ? 'UserAssigned' : ''].filter(Boolean).join(', ') ||
    'None';
  return { identityType, identityIds: carried.map(id) };
}

describe('the PATCH of identities', () => {
  it('names those to add and no others, and keeps a system-assigned identity', () => {
    fc.assert(
      fc.property(
        names,
        types,
        fc.uniqueArray(fc.constantFrom('x', 'y'), { minLength: 1 }),
        (had, system, added) => {
          const patch = assigningPatch(machine(had, system), added.map(id));
          expect(Object.entries(patch.userAssignedIdentities ?? {})).toEqual(
            added.map((name) => [id(name), {}]),
          );
          expect(patch.type).toBe(system ? 'SystemAssigned, UserAssigned' : 'UserAssigned');
        },
      ),
    );
  });

  it('takes away what is carried and asked for, and turns off no identity that stays', () => {
    fc.assert(
      fc.property(names, types, names, (had, system, gone) => {
        const before = machine(had, system);
        const patch = removingPatch(
          before,
          gone.map(id).map((each) => each.toUpperCase()),
        );
        const staying = had.filter((name) => !gone.includes(name));
        if (staying.length === 0) {
          expect(patch).toEqual({ type: system ? 'SystemAssigned' : 'None' });
          return;
        }
        expect(patch.type).toBe(system ? 'SystemAssigned, UserAssigned' : 'UserAssigned');
        const named = had.filter((name) => gone.includes(name)).map((name) => [id(name), null]);
        expect(Object.entries(patch.userAssignedIdentities ?? {})).toEqual(named);
      }),
    );
  });
});
