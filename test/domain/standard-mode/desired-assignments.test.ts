import { describe, expect, it } from 'vitest';
import { wantsOfPod } from '../../../src/domain/standard-mode/desired-assignments.ts';
import {
  bindingTo,
  type FactParts,
  factsOf,
  identity,
  keyOf,
  micPod,
  nodeOf,
  resourceId,
  scaleSetId,
  vmId,
} from '../../mic/decide/mic-objects.ts';

const web: FactParts = { bindings: [bindingTo('web')], identities: [identity('web')] };
const pool1 = keyOf(scaleSetId('pool1'));

describe('what a pod shall have', () => {
  it('is the identity of its binding, on the machine of its node', () => {
    const { assignments, refusals, keeps } = wantsOfPod(micPod(), factsOf(web));
    expect(assignments).toMatchObject([
      {
        key: 'shop/p1/shop/web',
        machineId: pool1,
        resource: { id: resourceId('web'), key: keyOf(resourceId('web')) },
      },
    ]);
    expect([refusals, keeps]).toEqual([[], []]);
  });

  it.each<[string, FactParts]>([
    [
      'a binding of another namespace, where namespaces are confined',
      { ...web, bindings: [bindingTo('web', 'web', 'other')] },
    ],
    ['a selector in another case', { ...web, bindings: [bindingTo('web', 'Web')] }],
    [
      'an identity that is confined to its own namespace by annotation',
      {
        bindings: [bindingTo('web', 'web', 'other')],
        identities: [identity('web', { namespace: 'other', behavior: 'Namespaced' })],
        forceNamespaced: false,
      },
    ],
  ])('is nothing by %s', (_what, parts) => {
    const { assignments, refusals } = wantsOfPod(micPod(), factsOf(parts));
    expect(assignments).toEqual([]);
    expect(refusals).toMatchObject([{ code: 'no-binding' }]);
  });

  it('is the identity of another namespace where that is allowed', () => {
    const parts = {
      bindings: [bindingTo('web', 'web', 'other')],
      identities: [identity('web', { namespace: 'other' })],
      forceNamespaced: false,
    };
    expect(wantsOfPod(micPod(), factsOf(parts)).assignments).toMatchObject([{ key: 'shop/p1/other/web' }]);
  });

  it('is one assignment for two bindings to one identity', () => {
    const twice = [bindingTo('web'), { ...bindingTo('web'), metadata: { name: 'z', namespace: 'shop' } }];
    const { assignments } = wantsOfPod(micPod(), factsOf({ ...web, bindings: twice }));
    expect(assignments.map(({ binding }) => binding.metadata.name)).toEqual(['web-binding']);
  });

  it.each([
    ['', 'Running'],
    ['web', 'Succeeded'],
    ['web', 'Failed'],
  ])('is nothing for label "%s" in phase %s (rule 22: Completed pods hold identities)', (label, phase) => {
    expect(wantsOfPod(micPod({ label, phase }), factsOf(web))).toEqual({
      assignments: [],
      keeps: [],
      refusals: [],
    });
  });

  it('rule 13: a pod without a node has no assignment, and keeps its identity where it is', () => {
    const { assignments, keeps } = wantsOfPod(micPod({ nodeName: '' }), factsOf(web));
    expect(assignments).toEqual([]);
    expect(keeps).toEqual([keyOf(resourceId('web'))]);
  });

  it.each([1, 2])('needs nothing of a machine for a service principal of type %d', (type) => {
    const parts = {
      bindings: [bindingTo('sp')],
      identities: [identity('sp', { spec: { type, resourceID: '' } })],
      nodes: {},
    };
    const { assignments, refusals } = wantsOfPod(micPod(), factsOf(parts));
    expect(assignments).toHaveLength(1);
    expect(assignments[0]?.resource).toBeUndefined();
    expect(refusals).toEqual([]);
  });

  it.each<[string, FactParts, string, string]>([
    [
      'no AzureIdentity',
      { bindings: [bindingTo('web')] },
      'identity-missing',
      'names AzureIdentity web, which namespace shop does not have',
    ],
    [
      'an id of something else',
      { ...web, identities: [identity('web', { spec: { resourceID: scaleSetId('x') } })] },
      'identity-malformed',
      'has no resourceID of the form',
    ],
    [
      'an id with something behind it',
      { ...web, identities: [identity('web', { spec: { resourceID: `${resourceId('web')}/x` } })] },
      'identity-malformed',
      'has no resourceID of the form',
    ],
    [
      'type 7',
      { ...web, identities: [identity('web', { spec: { type: 7 } })] },
      'identity-malformed',
      'has type 7',
    ],
  ])('says why there is none: %s', (_what, parts, code, words) => {
    const { assignments, refusals } = wantsOfPod(micPod(), factsOf(parts));
    expect(assignments).toEqual([]);
    expect(refusals).toMatchObject([{ code, message: expect.stringContaining(words) }]);
  });
});

describe('what others bind to a pod', () => {
  const many = (namespace: string, count: number) =>
    Array.from({ length: count }, (_, number) => `${namespace}-${number}`);
  const parts = (
    ...[namespaces, isThere = true]: [Readonly<Record<string, number>>, boolean?]
  ): FactParts => {
    const all = Object.entries(namespaces).flatMap(([namespace, count]) =>
      many(namespace, count).map((name) => ({ namespace, name })),
    );
    return {
      bindings: all.map(({ namespace, name }) => bindingTo(name, 'web', namespace)),
      identities: isThere ? all.map(({ namespace, name }) => identity(name, { namespace })) : [],
      forceNamespaced: false,
    };
  };
  const namespacesOf = (counted: FactParts) => {
    const { assignments, refusals } = wantsOfPod(micPod(), factsOf(counted));
    const counts: Record<string, number> = {};
    for (const { identity: each } of assignments) {
      counts[each.metadata.namespace] = (counts[each.metadata.namespace] ?? 0) + 1;
    }
    return { counts, codes: refusals.map(({ code }) => code) };
  };

  it.each<[string, Record<string, number>, Record<string, number>]>([
    ['2,000 of a namespace before its own', { attacker: 2_000, shop: 3 }, { shop: 3, attacker: 97 }],
    [
      'the same, and few of a third',
      { attacker: 2_000, shared: 2, shop: 1 },
      { shop: 1, attacker: 97, shared: 2 },
    ],
    ['2,000 of its own', { shop: 2_000 }, { shop: 100 }],
  ])('is at most 100, its own first and the others in turn: %s', (_what, bound, taken) => {
    expect(namespacesOf(parts(bound))).toEqual({ counts: taken, codes: ['too-many'] });
  });

  it('is told in a hundred sentences at most, where nothing of it is there', () => {
    expect(namespacesOf(parts({ shop: 2_000 }, false)).codes).toHaveLength(101);
  });

  it.each([
    ['that Azure’s names cannot have, and that read as words of Azure’s', 'retry after 99999 seconds'],
    ['that would give it the key of another identity', 'web\u212a'],
    ['that ends a path', 'web?x'],
  ])('has no id with signs %s', (_what, name) => {
    const spec = { resourceID: resourceId(name) };
    const { refusals } = wantsOfPod(micPod(), factsOf({ ...web, identities: [identity('web', { spec })] }));
    expect(refusals).toMatchObject([{ code: 'identity-malformed' }]);
    const group = resourceId('web', 'Kelvin\u212a');
    const named = factsOf({ ...web, identities: [identity('web', { spec: { resourceID: group } })] });
    expect(wantsOfPod(micPod(), named).refusals).toMatchObject([{ code: 'identity-malformed' }]);
  });

  it('has no id that is longer than Azure’s, of which the ledger has room for a few', () => {
    const spec = { resourceID: resourceId('x'.repeat(1_900)) };
    const { refusals } = wantsOfPod(micPod(), factsOf({ ...web, identities: [identity('web', { spec })] }));
    expect(refusals).toMatchObject([{ code: 'identity-malformed' }]);
  });
});

describe('the machine of a node', () => {
  const at = (providerId: string) => factsOf({ ...web, nodes: { n1: providerId } });

  it.each([
    ['an instance of a scale set', `${scaleSetId('pool1')}/virtualMachines/7`, pool1],
    ['a virtual machine, or one of a Flexible scale set', vmId('vm-1'), keyOf(vmId('vm-1'))],
    ['a type in lower case', scaleSetId('pool1').toLowerCase(), pool1],
    [
      'another resource group (rule 9: a namesake is PATCHed)',
      scaleSetId('pool1', 'other-rg'),
      keyOf(scaleSetId('pool1', 'other-rg')),
    ],
  ])('is found by its whole providerID: %s', (_what, id, machineId) => {
    expect(wantsOfPod(micPod(), at(nodeOf(id))).assignments[0]?.machineId).toBe(machineId);
  });

  it.each([
    ['rule 8: no providerID yet', '', 'node-without-machine'],
    ['another cloud', 'aws:///eu-west-1a/i-0', 'node-without-machine'],
  ])('is nowhere, and never guessed by the name: %s', (_what, providerId, code) => {
    const { assignments, refusals } = wantsOfPod(micPod(), at(providerId));
    expect(assignments[0]?.machineId).toBeUndefined();
    expect(refusals).toMatchObject([{ code }]);
  });

  it('is nowhere for a node that is not known', () => {
    expect(wantsOfPod(micPod(), factsOf({ ...web, nodes: {} })).refusals).toMatchObject([
      { code: 'node-unknown' },
    ]);
  });

  it('is left alone outside of the groups that may be changed', () => {
    const { assignments, refusals } = wantsOfPod(micPod(), factsOf({ ...web, mayChange: () => false }));
    expect(assignments[0]?.machineId).toBeUndefined();
    expect(refusals).toMatchObject([{ code: 'machine-outside' }]);
  });
});
