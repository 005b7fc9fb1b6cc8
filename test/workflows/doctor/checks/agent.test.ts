import { describe, expect, it } from 'vitest';
import type { AgentPod, ClusterNode } from '../../../../src/domain/kubernetes/workloads.ts';
import { agent } from '../../../../src/workflows/doctor/checks/agent.ts';
import { agentPod } from '../../agent/fake-agent-place.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const node: ClusterNode = { name: 'a', os: 'linux', ready: true, virtual: false, taints: [], providerId: '' };
const nmi = agentPod('a', { name: 'nmi-a', daemonSet: 'nmi', needsMic: true });
const addon = { ...nmi, ofAddon: true };

function judge(
  agents: readonly AgentPod[],
  more: { enabled?: boolean; nodes?: readonly ClusterNode[] } = {},
) {
  const evidence = evidenceOf({
    ...{ pods: [], objects: { identities: [], bindings: [], exceptions: [] } as never },
    profile: { enabled: more.enabled ?? false },
  });
  const inside = {
    agents: { kind: 'read', value: agents },
    nodes: { kind: 'read', value: more.nodes ?? [node] },
  };
  return agent.judge({ ...evidence, ...inside } as typeof evidence);
}

describe('two agents on a node', () => {
  const two = [{ ...addon, needsMic: false }, agentPod('a')];
  it('ends with the add-on being turned off while it is on', () => {
    expect(String(judge(two, { enabled: true }).hint)).toContain('podid disable');
  });

  it('does not end with turning off what is off', () => {
    const { result, hint } = judge(two);
    expect(result).toBe('warn');
    expect(String(hint)).toContain('podid nmi install');
    expect(String(hint)).not.toContain('podid disable');
  });
});

describe('a node without an agent', () => {
  const gpu = { key: 'sku', value: 'gpu', effect: 'NoSchedule' };
  const tolerated = { ...gpu, operator: 'Equal' };
  it.each([
    ['the taint that keeps it off', [gpu], [], 'No agent runs on b (taint sku=gpu:NoSchedule): '],
    ['no taint that it tolerates', [gpu], [tolerated], 'No agent runs on b: '],
  ])('is named with %s', (_, taints, tolerations, words) => {
    const nodes = [node, { ...node, name: 'b', taints }];
    const { result, message } = judge([agentPod('a', { tolerations })], { nodes });
    expect(result).toBe('fail');
    expect(message).toContain(words);
  });
});
