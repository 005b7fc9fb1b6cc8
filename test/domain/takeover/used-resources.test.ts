import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeenPod } from '../../../src/domain/migrate/seen.ts';
import {
  type AskingPod,
  podsOfBinding,
  resourcesInUse,
  warmthOf,
} from '../../../src/domain/takeover/used-resources.ts';

const nowMs = Date.parse('2026-12-01T12:00:00Z');
const vault = 'https://vault.azure.net';
const storage = 'https://storage.azure.com/';

function pod(name: string, nodeName: string, more: Partial<AskingPod> = {}): AskingPod {
  const labels = { aadpodidbinding: 'web' };
  return { uid: `uid-${name}`, namespace: 'demo', name, nodeName, phase: 'Running', labels, ...more };
}

function use(name: string, resource: string, more: Partial<SeenPod> = {}): SeenPod {
  return {
    namespace: 'demo',
    name,
    uid: `uid-${name}`,
    sdk: '',
    version: '',
    chosenBy: 'nothing',
    lastAsked: '2026-12-01T11:00:00Z',
    resource,
    isAnswered: true,
    ...more,
  };
}

describe('the resources that pods use', () => {
  it('are those for which they got tokens, of most pods first', () => {
    const pods = [pod('a', 'one'), pod('b', 'two')];
    const { resource: _, ...unnamed } = use('a', vault);
    const seen = [
      use('a', vault),
      use('a', storage),
      use('b', storage),
      { ...use('b', 'https://refused/'), isAnswered: undefined },
      unnamed,
      use('c', 'https://of-another-pod/'),
      use('b', 'https://before/', { uid: 'uid-of-a-pod-that-is-gone' }),
    ] as SeenPod[];
    expect(resourcesInUse({ pods: seen }, pods)).toEqual([storage, vault]);
  });

  it('are those of living pods with the label of the binding, in its namespace', () => {
    const binding = {
      metadata: { namespace: 'demo', name: 'web' },
      spec: { azureIdentity: 'web', selector: 'web' },
    };
    const pods = [
      pod('a', 'one'),
      pod('b', 'one', { namespace: 'shop' }),
      pod('c', 'one', { labels: { aadpodidbinding: 'jobs' } }),
      pod('d', 'one', { phase: 'Succeeded' }),
    ];
    expect(podsOfBinding(binding, pods)).toEqual([pods[0]]);
  });
});

describe('what the agents have tokens for', () => {
  it('is by node: one has none for what pods of the other use', () => {
    const pods = [pod('a', 'one'), pod('b', 'two'), pod('c', 'two')];
    const seen = { pods: [use('a', vault), use('a', storage), use('b', storage)] };
    expect(warmthOf(seen, pods, [], nowMs)).toEqual({
      warm: [storage],
      cold: [{ node: 'two', resource: vault }],
      silent: ['demo/c'],
    });
    const probe = pod('probe', 'two');
    const probed = { pods: [...seen.pods, use('probe', vault), use('probe', 'https://unused/')] };
    expect(warmthOf(probed, pods, [probe], nowMs)).toMatchObject({ warm: [storage, vault], cold: [] });
  });

  it('ends ten hours after somebody asked, though it stays in use', () => {
    const at = (lastAsked: string) =>
      warmthOf({ pods: [use('a', vault, { lastAsked })] }, [pod('a', 'one')], [], nowMs).cold;
    expect(at('2026-12-01T02:00:00Z')).toEqual([]);
    expect(at('2026-12-01T01:59:59Z')).toEqual([{ node: 'one', resource: vault }]);
  });

  it('is each resource that is used, either warm on all nodes or cold on some', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const uses = fc.array(fc.record({ name: names, resource: fc.constantFrom('r', 's', 't') }));
    const placed = fc.dictionary(names, fc.constantFrom('one', 'two', ''), { minKeys: 1 });
    fc.assert(
      fc.property(uses, placed, (seen, nodes) => {
        const pods = Object.entries(nodes).map(([name, node]) => pod(name, node));
        const record = { pods: seen.map(({ name, resource }) => use(name, resource)) };
        const { warm, cold, silent } = warmthOf(record, pods, [], nowMs);
        const known = new Set([...warm, ...cold.map(({ resource }) => resource)]);
        expect([...known].toSorted()).toEqual(resourcesInUse(record, pods).toSorted());
        expect(cold.every(({ resource }) => !warm.includes(resource))).toBe(true);
        expect(silent.every((text) => record.pods.every(({ name }) => `demo/${name}` !== text))).toBe(true);
      }),
    );
  });
});
