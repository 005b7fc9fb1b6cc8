import { describe, expect, it } from 'vitest';
import { nameAssignment } from '../../../src/mic/decide/name-assignment.ts';
import { identity, micPod } from './mic-objects.ts';

const free = () => false;
const named = (pod: string, namespace: string, identityName: string, isTaken: () => boolean = free) =>
  nameAssignment({ pod: micPod({ name: pod, namespace }), identity: identity(identityName) }, true, isTaken);

describe('the name of an assignment', () => {
  it("is upstream's, in the namespace of the identity", () => {
    expect(named('p1', 'shop', 'web')).toEqual({ namespace: 'shop', name: 'p1-shop-web' });
  });

  it('lies in default where identities are not confined to namespaces', () => {
    const about = { pod: micPod(), identity: identity('web', { namespace: 'ids' }) };
    expect(nameAssignment(about, false, free).namespace).toBe('default');
    const confined = {
      pod: micPod(),
      identity: identity('web', { namespace: 'ids', behavior: 'namespaced' }),
    };
    expect(nameAssignment(confined, false, free).namespace).toBe('ids');
  });

  it('rule 21: names too long get a name that fits, and another for each pod and identity', () => {
    const [one, other] = ['a', 'b'].map(
      (end) => named(`${'p'.repeat(200)}${end}`, 'shop', 'i'.repeat(100)).name,
    );
    expect(one).toMatch(/^p{40}-[0-9a-f]{16}$/);
    expect(one).not.toBe(other);
  });

  it('rule 21: names colliding get another name each', () => {
    const one = named('a-b', 'c', 'd');
    const other = named('a', 'b-c', 'd', () => true);
    expect(one.name).toBe('a-b-c-d');
    expect(other.name).toMatch(/^a-[0-9a-f]{16}$/);
  });

  it('ends no part of a hashed name with a dot or a dash', () => {
    expect(named(`${'p'.repeat(39)}.x`, 'shop', 'i'.repeat(253)).name).toMatch(/^p{39}-[0-9a-f]{16}$/);
  });
});
