import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSecretPairs } from '../../../src/domain/kubernetes/secret-pairs.ts';
import { createChangeNotice } from '../../../src/domain/time/change-notice.ts';
import { objectsAsEntries } from '../../../src/k8s/mirror/read-objects.ts';
import { indexedBy } from '../../../src/nmi/cluster/cluster-view.ts';
import { createNamespacedIndex } from '../../../src/nmi/cluster/namespaced-index.ts';
import { createDecide } from '../../../src/nmi/decide/choose-identity.ts';
import {
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../../src/validate/kubernetes/crd-objects.ts';
import { parsePod } from '../../../src/validate/kubernetes/pod.ts';
import { exceptions } from '../../../src/workflows/doctor/checks/exceptions.ts';
import { label } from '../../../src/workflows/doctor/checks/label.ts';
import { selector } from '../../../src/workflows/doctor/checks/selector.ts';
import { runChecks } from '../../../src/workflows/doctor/diagnose.ts';
import { agentPod } from '../agent/fake-agent-place.ts';
import { evidenceOf } from './evidence-in-test.ts';

/** Few names, so that objects meet; and each in spellings that look alike. */
const namespace = fc.constantFrom('shop', 'shop', 'shop', 'other', 'default');
const name = fc.constantFrom('web', 'web', 'web', 'Web', 'api', 'web ', '');
const labels = fc.record(
  { aadpodidbinding: name, app: fc.constantFrom('web', 'WEB', 'x'), App: fc.constant('web') },
  { requiredKeys: [] },
);

const principal = { type: 1, clientID: 'client', tenantID: 'tenant' };
const identity = fc.record({
  metadata: fc.record({
    namespace,
    name: fc.constantFrom('web', 'Web', 'api', 'undefined'),
    creationTimestamp: fc.constantFrom('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'),
  }),
  spec: fc.constantFrom<Record<string, unknown>>(
    { type: 0, clientID: 'client' },
    { resourceID: '/id' },
    { type: 0, clientID: '', resourceID: '' },
    { type: 7, clientID: 'client' },
    principal,
    { ...principal, type: 2, clientPassword: { name: 'secret' } },
    { ...principal, clientPassword: { name: 'secret', namespace: 'other' } },
  ),
});
const binding = fc.record({
  metadata: fc.record({ namespace, name: fc.constantFrom('web-binding', 'api-binding', 'more') }),
  spec: fc.record({ azureIdentity: name, selector: name }, { requiredKeys: [] }),
});
const exception = fc.record({
  metadata: fc.record({ namespace, name: fc.constantFrom('mic', 'legacy') }),
  spec: fc.record({ podLabels: labels }, { requiredKeys: [] }),
});
const distinct = <Item extends { metadata: { namespace: string; name: string } }>(one: fc.Arbitrary<Item>) =>
  fc.uniqueArray(one, { maxLength: 5, selector: ({ metadata }) => `${metadata.namespace}/${metadata.name}` });
/** What the agent may read beside an identity's own namespace; undefined: another's agent, which says nothing of it. */
const pairs = fc.constantFrom(undefined, '', 'shop:other', 'default:other');
const world = fc.record({
  pairs,
  pod: fc.record({ metadata: fc.record({ namespace, labels }) }),
  lists: fc.record({
    identities: distinct(identity),
    bindings: distinct(binding),
    exceptions: distinct(exception),
  }),
});

type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

describe('the doctor', () => {
  it('says of a pod what the agent answers it, on the same objects', () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(world, (each) => {
        const answer = agentSays(each);
        met.add(answer.identity).add(answer.excepted);
        expect(doctorSays(each)).toEqual(answer);
      }),
      { numRuns: 3_000 },
    );
    // Each of them is common among these worlds.
    expect([...met].sort()).toEqual([
      ...['excepted', 'foreign-secret', 'granted', 'incomplete-identity', 'no-binding', 'no-identity'],
      ...['no-label', 'not excepted', 'not judged'],
    ]);
  });
});

interface Said {
  readonly identity: string;
  readonly excepted: string;
}

function podOf({ pod: { metadata } }: World) {
  const parsed = parsePod({ metadata: { uid: 'u', name: 'p', ...metadata }, status: { phase: 'Running' } });
  if (parsed === undefined) {
    throw new Error('the pod has a name and a namespace');
  }
  return parsed;
}

function pairsOf({ pairs = '' }: World) {
  return parseSecretPairs(pairs.split(',')).pairs;
}

function agentSays(each: World): Said {
  const { lists } = each;
  const changed = createChangeNotice();
  const bindings = createNamespacedIndex(changed, indexedBy.bindings);
  const identities = createNamespacedIndex<NonNullable<ReturnType<typeof parseAzureIdentity>>>(changed);
  const taken = createNamespacedIndex(changed, indexedBy.exceptions);
  bindings.replace(lists.bindings.flatMap((item) => parseAzureIdentityBinding(item) ?? []));
  identities.replace(lists.identities.flatMap((item) => parseAzureIdentity(item) ?? []));
  taken.replace(lists.exceptions.flatMap((item) => parseAzurePodIdentityException(item) ?? []));
  const decide = createDecide(
    {
      bindings,
      identities,
      exceptions: taken,
      assigned: createNamespacedIndex(changed),
      leftOutIn: () => [],
    },
    { mode: 'managed', forceNamespaced: true, requireChoice: false, secretPairs: pairsOf(each) },
    { monotonic: () => 3_600_000 },
  );
  const pod = { ...podOf(each), kind: 'pod' as const, bornAt: 0 };
  const choice = decide.identity(pod, { kind: 'request', resource: 'r' });
  const identity = choice.kind === 'granted' ? 'granted' : choice.reason;
  return {
    identity,
    // A pod without the label wants no identity, and nobody asks why it gets the node's.
    excepted: identity === 'no-label' ? 'not judged' : decide.isExcepted(pod) ? 'excepted' : 'not excepted',
  };
}

function doctorSays(each: World): Said {
  const pod = podOf(each);
  const evidence = evidenceOf({
    pods: [pod],
    objects: objectsAsEntries(each.lists),
    subject: { namespace: pod.namespace, pod: 'p' },
  });
  const own = each.pairs === undefined ? [] : [agentPod('a', { secretPairs: pairsOf(each) })];
  const agents = [agentPod('a', { daemonSet: 'nmi' }), ...own];
  const results = runChecks([label, selector, exceptions], {
    ...evidence,
    agents: { kind: 'read', value: agents },
  });
  const [ofLabel, ofSelector, ofExceptions] = results;
  if (ofLabel?.result === 'fail') {
    return { identity: 'no-label', excepted: 'not judged' };
  }
  return {
    identity: ofSelector?.result === 'pass' ? 'granted' : reasonOf(ofSelector?.message ?? ''),
    excepted: ofExceptions?.result === 'fail' ? 'excepted' : 'not excepted',
  };
}

function reasonOf(message: string): string {
  if (/ matches no selector in namespace /.test(message)) {
    return 'no-binding';
  }
  if (/^Binding .* names (?:no )?AzureIdentity/s.test(message)) {
    return 'no-identity';
  }
  return /names a secret of another namespace/.test(message) ? 'foreign-secret' : 'incomplete-identity';
}
