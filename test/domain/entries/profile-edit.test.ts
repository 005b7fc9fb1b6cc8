import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodIdentityProfile } from '../../../src/domain/clusters/cluster.ts';
import { sameEntry } from '../../../src/domain/entries/pod-identity.ts';
import { editProfile } from '../../../src/domain/entries/profile-edit.ts';
import { podIdentity } from '../../workflows/fake-azure.ts';

const entry = fc.record({ namespace: fc.constantFrom('a', 'b'), name: fc.constantFrom('x', 'y', 'z') });
const exception = entry.map((key) => ({ ...key, podLabels: { app: key.name } }));
const profile: fc.Arbitrary<PodIdentityProfile> = fc.record({
  enabled: fc.constant(true),
  allowNetworkPluginKubenet: fc.boolean(),
  identities: fc.array(entry.map(({ namespace, name }) => podIdentity(name, { namespace }))),
  exceptions: fc.array(exception),
});

describe('editing a profile', () => {
  it('leaves every other entry as it is and in its order', () => {
    fc.assert(
      fc.property(profile, entry, entry, (before, put, gone) => {
        const edit = {
          putIdentities: [podIdentity(put.name, { namespace: put.namespace })],
          deleteIdentities: [gone],
        };
        const isTouched = (key: { namespace: string; name: string }) =>
          sameEntry(key, put) || sameEntry(key, gone);
        const after = editProfile(before, edit);
        expect(after.identities.filter((key) => !isTouched(key))).toEqual(
          before.identities.filter((key) => !isTouched(key)),
        );
        expect(after.exceptions).toEqual(before.exceptions);
      }),
    );
  });

  it('holds what was put exactly once, and nothing of what was deleted', () => {
    fc.assert(
      fc.property(profile, exception, entry, (before, put, gone) => {
        const after = editProfile(before, { putExceptions: [put], deleteIdentities: [gone] });
        expect(after.exceptions.filter((key) => sameEntry(key, put))).toEqual([put]);
        expect(after.identities.some((key) => sameEntry(key, gone))).toBe(false);
      }),
    );
  });

  it('changes nothing when applied again', () => {
    fc.assert(
      fc.property(profile, exception, entry, (before, put, gone) => {
        const edit = {
          putExceptions: [put],
          deleteIdentities: [gone],
          allowNetworkPluginKubenet: true as const,
        };
        const once = editProfile(before, edit);
        expect(editProfile(once, edit)).toEqual(once);
      }),
    );
  });

  it('drops everything when the add-on is turned off', () => {
    const before = {
      enabled: true,
      allowNetworkPluginKubenet: true,
      identities: [podIdentity('x')],
      exceptions: [],
    };
    const nothing = { enabled: false, allowNetworkPluginKubenet: false, identities: [], exceptions: [] };
    expect(editProfile(before, { addon: 'off' })).toEqual(nothing);
  });
});
