import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdentityQuestion } from '../../../src/domain/kubernetes/decide/choose-identity.ts';
import { decidePodIdentity, exceptionOf } from '../../../src/domain/kubernetes/decide/pod-decision.ts';
import type { AzurePodIdentityException } from '../../../src/domain/kubernetes/identity-resources.ts';
import { createChangeNotice } from '../../../src/domain/time/change-notice.ts';
import { indexedBy, labelKey } from '../../../src/nmi/cluster/cluster-view.ts';
import { createNamespacedIndex } from '../../../src/nmi/cluster/namespaced-index.ts';

const namespace = fc.constantFrom('a', 'b');
const word = fc.constantFrom('web', 'Web', 'api', '');
const binding = fc.record({
  metadata: fc.record({ namespace, name: fc.constantFrom('1', '2', '3') }),
  spec: fc.record({ azureIdentity: word, selector: word }, { requiredKeys: [] }),
});
const labels = fc.dictionary(fc.constantFrom('app', 'App', 'aadpodidbinding'), word, {
  noNullPrototype: true,
});
const exception = fc.record({
  metadata: fc.record({ namespace, name: fc.constantFrom('1', '2', '3') }),
  spec: fc.record({ podLabels: labels }, { requiredKeys: [] }),
});
const change = <Item>(item: fc.Arbitrary<Item>) =>
  fc.array(fc.record({ item, isGone: fc.boolean() }), { maxLength: 12 });
const question = fc
  .record({ namespace, labels })
  .map((pod): IdentityQuestion => ({ pod: { ...pod, name: 'p' }, request: {}, requireChoice: false }));
const identities = new Map(
  ['a', 'b'].flatMap((each) =>
    ['web', 'Web', 'api'].map((name) => {
      const metadata = { namespace: each, name };
      return [`${each}/${name}`, { metadata, spec: { clientID: `${each}-${name}` } }] as const;
    }),
  ),
);

describe('an index', () => {
  it('of bindings by selector decides as a walk over all of them', () => {
    fc.assert(
      fc.property(change(binding), question, (changes, asked) => {
        const index = createNamespacedIndex(createChangeNotice(), indexedBy.bindings);
        for (const { item, isGone } of changes) {
          isGone ? index.remove(item) : index.upsert(item);
        }
        const { namespace: own, labels: worn } = asked.pod;
        const found = index.with(own, worn['aadpodidbinding'] ?? '').values();
        const all = [...index.in('a').values(), ...index.in('b').values()];
        expect(decidePodIdentity(asked, found, identities)).toEqual(
          decidePodIdentity(asked, all, identities),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('of exceptions by label excepts whom a walk over all of them does', () => {
    fc.assert(
      fc.property(change(exception), question, (changes, { pod }) => {
        const index = createNamespacedIndex<AzurePodIdentityException>(
          createChangeNotice(),
          indexedBy.exceptions,
        );
        for (const { item, isGone } of changes) {
          isGone ? index.remove(item) : index.upsert(item);
        }
        const all = [...index.in('a').values(), ...index.in('b').values()];
        const isFound = Object.entries(pod.labels).some(
          ([name, value]) => index.with(pod.namespace, labelKey(name, value)).size > 0,
        );
        expect(isFound).toBe(exceptionOf(pod, all) !== undefined);
      }),
      { numRuns: 1_000 },
    );
  });

  it('forgets what a list no longer has, keys included', () => {
    const index = createNamespacedIndex(createChangeNotice(), indexedBy.bindings);
    const one = { metadata: { namespace: 'a', name: '1' }, spec: { selector: 'web' } };
    index.upsert(one);
    index.upsert({ ...one, spec: { selector: 'api' } });
    expect([index.with('a', 'web').size, index.with('a', 'api').size]).toEqual([0, 1]);
    index.replace([]);
    expect([index.with('a', 'api').size, index.in('a').size]).toEqual([0, 0]);
  });
});
