import { describe, expect, it } from 'vitest';
import type { AgentPod, ClusterNode } from '../../../../src/domain/kubernetes/workloads.ts';
import { agent } from '../../../../src/workflows/doctor/checks/agent.ts';
import { agentPod } from '../../agent/fake-agent-place.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const node: ClusterNode = { name: 'a', os: 'linux', ready: true, virtual: false, providerId: '' };
const nmi = agentPod('a', { name: 'nmi-a', daemonSet: 'nmi', needsMic: true });
const addon = { ...nmi, ofAddon: true };
const mic = { kind: 'read' as const, value: [] };

function judge(agents: readonly AgentPod[], more: { enabled?: boolean; mic?: object } = {}) {
  const evidence = evidenceOf({
    ...{ pods: [], objects: { identities: [], bindings: [], exceptions: [] } as never },
    profile: { enabled: more.enabled ?? false },
  });
  const inside = { agents: { kind: 'read', value: agents }, nodes: { kind: 'read', value: [node] }, mic };
  return agent.judge({ ...evidence, ...inside, ...(more.mic ? { mic: more.mic } : {}) } as typeof evidence);
}

describe('an agent in standard mode', () => {
  it.each([
    ["upstream's, and nobody assigns", [nmi], {}, '--force --set operationMode=managed'],
    ['what the add-on left behind', [addon], {}, '--force'],
  ])('is a fault of the cluster: %s', (_, agents, more, command) => {
    const { result, message, hint } = judge(agents, more);
    expect(result).toBe('fail');
    expect(message).toContain('standard mode');
    expect(String(hint)).toMatch(new RegExp(`podid nmi install .*${command}$`));
    expect(String(hint)).not.toContain('podid disable');
  });

  it.each<[string, readonly AgentPod[], object]>([
    ['MIC assigns', [nmi], { mic: { kind: 'read', value: [{}] } }],
    ['MIC may not be looked for', [nmi], { mic: { kind: 'unread', error: new Error('no right') } }],
    ["the add-on is on, and its agent is AKS's affair", [addon], { enabled: true }],
    ['it runs in managed mode', [{ ...nmi, needsMic: false }], {}],
  ])('is none where %s', (_, agents, more) => {
    expect(judge(agents, more).result).toBe('pass');
  });
});

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
