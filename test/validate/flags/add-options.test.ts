import { describe, expect, it } from 'vitest';
import { addOptions } from '../../../src/validate/flags/add-options.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';
import { faultsOf } from '../faults-of.ts';

const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

describe('the options of add', () => {
  const flags = { namespace: 'shop', name: undefined, identityResourceId: id, bindingSelector: undefined };

  it('take an empty name for none', () => {
    expect(addOptions({ ...flags, name: '' }, new UsageFaults())).toEqual({
      namespace: 'shop',
      identity: { kind: 'id', resourceId: id, name: 'web' },
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
