import { describe, expect, it } from 'vitest';
import type { AgentCluster, TaintedNode } from '../../../src/domain/kubernetes/agent-cluster.ts';
import type { Workloads } from '../../../src/domain/kubernetes/workloads.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { summarizeAgents } from '../../../src/workflows/addon/summarize-agents.ts';
import { agentPod, fakePlace, installation } from '../agent/fake-agent-place.ts';

const { signal } = new AbortController();
const node = (name: string): TaintedNode => ({ name, ready: true, takesAgent: true, taints: [] });
const forbidden = () => Promise.reject(new PodidError('Forbidden', 'The right is missing.'));
const metrics = 'podid_nmi_build_info{version="0.2.0",mode="managed"} 1\npodid_nmi_rules_intact 1\n';

function placeOf(agent: Partial<AgentCluster>, workloads: Partial<Workloads>) {
  const place = fakePlace({ installations: async () => [installation()], ...agent }, workloads);
  return {
    ...place,
    // Whose time is never up.
    clock: { ...place.clock, sleep: () => new Promise<void>(() => undefined) },
    load: {
      scrape: forbidden,
      refusals: async () => ({ kind: 'record', since: '2026-12-01T00:00:00Z', pods: [] }) as const,
    },
  };
}

describe('the summary of the agents', () => {
  it('says of each node whether its agent is ready, and why not', async () => {
    const rolled = (name: string, reason: string) => ({ name, ready: false, reason });
    const place = placeOf(
      {
        taintedNodes: async () => ['a', 'b', 'c', 'd', 'e'].map(node),
        rollout: async () => ({
          ...{ counted: true, desired: 4, ending: [], trouble: [] },
          nodes: [
            rolled('b', 'container serve: ImagePullBackOff'),
            rolled('c', 'container serve is not ready yet'),
          ],
        }),
      },
      {
        agents: async () => [
          agentPod('a'),
          agentPod('b', { ready: false }),
          agentPod('c', { ready: false }),
          agentPod('d'),
        ],
        ask: async ({ name }, _, path) => {
          if (name.endsWith('b')) {
            throw new PodidError('ClusterUnreachable', 'connection refused');
          }
          return path === '/readyz'
            ? { status: 503, text: 'the caches are not full\n' }
            : { status: 200, text: name.endsWith('d') ? metrics.replace('intact 1', 'intact 0') : metrics };
        },
      },
    );
    const { byNode, ready, nodes, refusals } = await summarizeAgents(place, true, signal);
    expect(byNode).toEqual([
      { name: 'a', ready: true, reason: '' },
      { name: 'b', ready: false, reason: 'container serve: ImagePullBackOff' },
      { name: 'c', ready: false, reason: 'the caches are not full' },
      { name: 'd', ready: true, reason: 'its redirect rules are missing' },
      { name: 'e', ready: false, reason: 'no agent' },
    ]);
    expect([ready, nodes]).toEqual([2, 5]);
    expect(refusals?.unheard).toEqual([{ node: 'b', why: 'connection refused' }]);
  });

  it('calls no node one without an agent where agents may not be listed', async () => {
    const place = placeOf({ taintedNodes: async () => [node('a')] }, { agents: forbidden });
    const { byNode, nodes, ready, refusals } = await summarizeAgents(place, true, signal);
    expect([ready, nodes]).toEqual([null, 1]);
    expect(byNode).toEqual([{ name: 'a', ready: null, reason: 'its agent may not be seen' }]);
    expect(refusals).toBeUndefined();
    expect(place.messages.join('\n')).not.toContain('no agent');
  });

  it('does not know how many nodes there are where they may not be listed, and goes on with the agents', async () => {
    const place = placeOf(
      { taintedNodes: forbidden },
      { agents: async () => [agentPod('a')], ask: async () => ({ status: 200, text: metrics }) },
    );
    const { byNode, nodes, ready, refusals } = await summarizeAgents(place, true, signal);
    expect([ready, nodes]).toEqual([1, null]);
    expect(byNode).toEqual([{ name: 'a', ready: true, reason: '' }]);
    expect(refusals).toEqual({ pods: [], since: '2026-12-01T00:00:00Z', unheard: [] });
  });

  it('names what is not ready without a reason where nobody says one', async () => {
    const place = placeOf(
      { taintedNodes: async () => [node('a')], rollout: forbidden },
      { agents: async () => [agentPod('a', { ready: false })], ask: forbidden },
    );
    const { byNode } = await summarizeAgents(place, true, signal);
    expect(byNode).toEqual([{ name: 'a', ready: false, reason: '' }]);
  });

  it('waits for no agent longer than it has patience', async () => {
    const place = placeOf(
      { taintedNodes: async () => [node('a')] },
      { agents: async () => [agentPod('a')], ask: () => new Promise(() => undefined) },
    );
    const clock = { ...place.clock, sleep: async () => undefined };
    const { byNode, refusals } = await summarizeAgents({ ...place, clock }, true, signal);
    expect(byNode).toEqual([{ name: 'a', ready: true, reason: '' }]);
    expect(refusals?.unheard).toEqual([{ node: 'a', why: 'No answer within 15 s.' }]);
  });
});
