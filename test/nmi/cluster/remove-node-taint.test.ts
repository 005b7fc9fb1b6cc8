import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPatch } from '../../../src/emulator/kube/objects/json-patch.ts';
import { chooseTaintPatch } from '../../../src/nmi/cluster/remove-node-taint.ts';

const key = 'startup-taint.cluster-autoscaler.kubernetes.io/podid-agent-not-ready';
const taint = fc.record(
  {
    key: fc.constantFrom(key, 'node.kubernetes.io/not-ready', `${key}-too`),
    value: fc.string({ maxLength: 3 }),
    effect: fc.constantFrom('NoSchedule', 'NoExecute', 'PreferNoSchedule'),
  },
  { requiredKeys: ['key', 'effect'] },
);

const node = (taints: readonly { readonly key: string }[]) => ({
  metadata: { name: 'node-1', resourceVersion: '42', labels: { a: 'b' } },
  spec: { taints, unschedulable: true },
});
const read = ({ metadata, spec }: ReturnType<typeof node>) => ({
  resourceVersion: metadata.resourceVersion,
  taints: spec.taints,
});

describe("the patch for a node's startup taint", () => {
  it('takes every taint of the key, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(taint, { maxLength: 6 }), (taints) => {
        const before = node(taints);
        const patch = chooseTaintPatch(read(before), key);
        const others = taints.filter((each) => each.key !== key);
        expect(patch === undefined).toBe(others.length === taints.length);
        if (patch !== undefined) {
          expect(jsonPatch(before, patch)).toEqual(node(others));
        }
      }),
    );
  });

  it('fails on a node that is no longer as it was read', () => {
    const before = node([{ key }]);
    const patch = chooseTaintPatch(read(before), key);
    const changed = { ...before, metadata: { ...before.metadata, resourceVersion: '43' } };
    expect(() => jsonPatch(changed, patch)).toThrow(/rejected our request/);
    expect(() => jsonPatch(node([{ key: 'other' }, { key }]), patch)).toThrow(/rejected our request/);
  });
});
