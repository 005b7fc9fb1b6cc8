import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialOf } from '../../../src/domain/kubernetes/identity-credential.ts';
import { parseSecretPairs, secretPairOf } from '../../../src/domain/kubernetes/secret-pairs.ts';

describe('pairs of namespaces', () => {
  it.each(['capz-system:default', 'a:b', 'a:a', '0:9'])('may be %j', (text) => {
    expect(parseSecretPairs([text])).toEqual({ pairs: new Set([text]), wrong: [] });
  });

  it.each([
    '',
    ':',
    'a',
    'a:',
    ':b',
    '*:b',
    'a:*',
    'a:b:c',
    'A:b',
    'a: b',
    'a/b',
    '-a:b',
    `${'a'.repeat(64)}:b`,
  ])('may not be %j', (text) => {
    expect(parseSecretPairs([text])).toEqual({ pairs: new Set(), wrong: [text] });
  });

  it.each([
    ['default', 'capz-system:default'],
    ['a,evil:kube-system', undefined],
    ['default}\u001b[2J', undefined],
    ['', undefined],
  ])('are told of an identity only where it names a namespace: %j', (namespace, pair) => {
    const metadata = { name: 'i', namespace: 'capz-system' };
    expect(secretPairOf({ metadata, spec: { type: 1, clientPassword: { name: 's', namespace } } })).toBe(
      pair,
    );
  });

  it('let an identity name a secret of its own namespace and of those paired with it, and of no other', () => {
    const namespace = fc.constantFrom('a', 'b', 'a-b', 'default', 'capz-system');
    const pairs = fc.array(fc.tuple(namespace, namespace));
    fc.assert(
      fc.property(pairs, namespace, namespace, fc.constantFrom(1, 2), (listed, home, secrets, type) => {
        const identity = {
          metadata: { name: 'i', namespace: home },
          spec: { type, clientID: 'c', tenantID: 't', clientPassword: { name: 's', namespace: secrets } },
        };
        const { pairs: allowed } = parseSecretPairs(listed.map((each) => each.join(':')));
        const isListed = listed.some(([from, to]) => from === home && to === secrets);
        const found = credentialOf(identity, allowed);
        if (home === secrets || isListed) {
          expect(found).toMatchObject({ secret: { namespace: secrets, name: 's' }, namespace: home });
        } else {
          expect(found.kind).toBe('secret-in-other-namespace');
        }
      }),
    );
  });
});
