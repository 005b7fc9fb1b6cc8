import { describe, expect, it } from 'vitest';
import type { TaintedNode } from '../../../../src/domain/kubernetes/agent-cluster.ts';
import { advice } from '../../../../src/errors/hint.ts';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { readAgentStatus } from '../../../../src/workflows/agent/status/read-agent-status.ts';
import { agentPod, fakePlace, installation } from '../fake-agent-place.ts';

const signal = new AbortController().signal;
const asked = { namespace: 'kube-system', addonState: async () => undefined };
const gpu = { key: 'sku', value: 'gpu', effect: 'NoSchedule' };
const node = (name: string, more: Partial<TaintedNode> = {}): TaintedNode => ({
  ...{ name, ready: true, takesAgent: true, taints: [] },
  ...more,
});
const metrics = (intact: number, guard: number) =>
  `podid_nmi_build_info{version="0.2.0",mode="managed"} 1\npodid_nmi_rules_intact ${intact}\npodid_nmi_address_guard_active ${guard}\n`;
/** Of an agent that says nothing about it. */
const beforeExchange = {
  identities: null,
  exchange: 'unknown',
  exchangeFailure: '',
  hold: 'unknown',
  holdSha256: '',
};
const exchanging = [
  'podid_nmi_identities{source="imds"} 3',
  'podid_nmi_identities{source="exchange"} 2',
  'podid_nmi_exchange_token_present 1',
  'podid_nmi_exchange_last_failure_seconds{code="AADSTS700213"} 1000',
  'podid_nmi_exchange_last_token_seconds 1000',
  '',
].join('\n');
const forbidden = () =>
  Promise.reject(
    new PodidError('Forbidden', 'The right is missing.', {
      hint: advice`can-i`,
      details: [{ message: 'nodes is forbidden: user "me" may not list nodes.' }],
    }),
  );

describe('the status of the agent', () => {
  it('has no word on rules that an agent does not keep, as behind a redirect of Cilium', async () => {
    const place = fakePlace(
      { installations: async () => [installation()], taintedNodes: async () => [node('a')] },
      {
        agents: async () => [agentPod('a')],
        ask: async () => ({ status: 200, text: 'podid_nmi_build_info{version="0.2.0",mode="managed"} 1\n' }),
      },
    );
    const { status } = await readAgentStatus(place, asked, signal);
    expect(status.nodes[0]?.rules).toBe('unknown');
  });

  it('is what each agent says of itself, and names nodes that have none', async () => {
    const place = fakePlace(
      {
        installations: async () => [installation()],
        taintedNodes: async () => [
          node('a'),
          node('b'),
          node('c', { taints: [gpu] }),
          node('windows', { takesAgent: false }),
        ],
      },
      {
        agents: async () => [agentPod('a'), agentPod('b')],
        ask: async ({ name }) => ({
          status: 200,
          text: name.endsWith('a') ? `${metrics(1, 1)}${exchanging}` : metrics(0, 0),
        }),
      },
    );
    const { status } = await readAgentStatus(place, asked, signal);
    expect(status).toEqual({
      installed: true,
      version: '0.1.0',
      mode: 'managed',
      nodesRead: true,
      nodes: [
        {
          name: 'a',
          ready: true,
          rules: 'verified',
          addressGuard: 'active',
          identities: { imds: 3, exchange: 2, servicePrincipal: 0, unusable: 0 },
          exchange: 'ready',
          exchangeFailure: '',
          hold: 'none',
          holdSha256: '',
          version: '0.2.0',
          otherAgents: [],
        },
        {
          name: 'b',
          ready: true,
          rules: 'missing',
          addressGuard: 'inactive',
          ...beforeExchange,
          hold: 'none',
          version: '0.2.0',
          otherAgents: [],
        },
        {
          ...{ name: 'c', ready: false, rules: 'unknown', addressGuard: 'unknown' },
          ...{ ...beforeExchange, version: '', otherAgents: [] },
        },
      ],
    });
    expect(place.messages.join('\n')).toMatch(/^1 node has no agent\..*: c \(taint sku=gpu:NoSchedule\)\./m);
    expect(place.messages.join('\n')).not.toContain('Open at boot');
  });

  it('shows what partial rights let it see, and says once which right is missing', async () => {
    const place = fakePlace(
      { installations: async () => [installation({ bootGuard: false })], taintedNodes: forbidden },
      { agents: async () => [agentPod('a'), agentPod('b')], ask: forbidden },
    );
    const { status } = await readAgentStatus(place, asked, signal);
    expect(status.nodesRead).toBe(false);
    expect(status.nodes).toMatchObject([
      { name: 'a', ready: true, rules: 'verified', addressGuard: 'unknown', version: '0.1.0' },
      { name: 'b', ready: true, rules: 'verified', addressGuard: 'unknown', version: '0.1.0' },
    ]);
    expect(place.messages.filter((text) => text.includes('could be asked'))).toHaveLength(1);
    expect(place.messages.filter((text) => text.includes('not shown'))).toEqual([
      'The right is missing. nodes is forbidden: user "me" may not list nodes. Nodes without an agent are not shown. can-i',
    ]);
  });

  it('takes no node for none where neither nodes nor pods may be listed', async () => {
    const place = fakePlace(
      { installations: async () => [installation({ bootGuard: false })], taintedNodes: forbidden },
      { agents: forbidden },
    );
    const { status, asked: pods } = await readAgentStatus(place, asked, signal);
    expect(status).toMatchObject({ installed: true, nodesRead: false, nodes: [] });
    expect(pods).toBeUndefined();
    expect(place.messages.join('\n')).toContain('Open at boot');
  });

  it('says how to open metrics that the API server does not reach', async () => {
    const refused = () =>
      Promise.reject(new PodidError('ClusterUnreachable', 'dial tcp 10.1.0.4:9090: connection refused'));
    const place = fakePlace(
      { installations: async () => [installation()], taintedNodes: async () => [] },
      { agents: async () => [agentPod('a')], ask: refused },
    );
    const { status } = await readAgentStatus(place, asked, signal);
    expect(status.nodes).toMatchObject([{ name: 'a', ready: true, rules: 'verified' }]);
    expect(place.messages.join('\n')).toMatch(/connection refused.*--set nmi\.prometheusPort=9090/s);
  });

  it.each([
    ['open at boot', { bootGuard: false }, 'Open at boot'],
    ['deaf to the Key Vault driver', { port: 2580 }, 'always uses 2579'],
  ])('says that a node is %s', async (_, more, words) => {
    const place = fakePlace(
      { installations: async () => [installation(more)], taintedNodes: async () => [node('a')] },
      { agents: async () => [agentPod('a')], ask: async () => ({ status: 200, text: metrics(1, 0) }) },
    );
    await readAgentStatus(place, asked, signal);
    expect(place.messages.join('\n')).toContain(words);
  });

  it.each([
    ['as their node', 36, [1, 1], true, /needs that no more.*: podid nmi install .*podsOfOwnNode=true/],
    ['not all as their node', 36, [1, 0], true, /not before: .* on b\. Then, with .*podsOfOwnNode=true/],
    ['without the right', 36, [1, 1], false, undefined],
    ['on an older Kubernetes', 35, [0, 0], true, undefined],
  ])('says of agents that see pods %s whether their right to all pods may go', async (...given) => {
    const [, minor, asNode, listsAllPods, words] = given;
    const exchange = { source: 'imds', tenantId: '', subject: 'workload', audience: 'api://x' } as const;
    const place = fakePlace(
      {
        installations: async () => [installation({ exchange })],
        taintedNodes: async () => [node('a'), node('b')],
        serverMinor: async () => minor,
        listsAllPods: async ({ namespace, name }) => {
          expect([namespace, name]).toEqual(['kube-system', 'podid-nmi']);
          return listsAllPods;
        },
      },
      {
        agents: async () => [agentPod('a'), agentPod('b')],
        ask: async ({ name }) => ({
          status: 200,
          text: `${metrics(1, 0)}podid_nmi_pods_as_node ${asNode[name.endsWith('a') ? 0 : 1]}\n`,
        }),
      },
    );
    await readAgentStatus(place, asked, signal);
    const found = place.messages.filter((text) => text.includes('the pods of all nodes'));
    expect(found).toEqual(words === undefined ? [] : [expect.stringMatching(words)]);
  });

  it('names the nodes whose agent nothing confines, with what brings the policies again', async () => {
    const text = `${metrics(1, 0)}podid_nmi_exchange_token_present 1\npodid_nmi_exchange_guard_stands 0\n`;
    const place = fakePlace(
      { installations: async () => [installation()], taintedNodes: async () => [node('a')] },
      { agents: async () => [agentPod('a')], ask: async () => ({ status: 200, text }) },
    );
    const { status } = await readAgentStatus(place, asked, signal);
    expect(status.nodes).toMatchObject([{ name: 'a', exchange: 'unguarded' }]);
    expect(place.messages.join('\n')).toMatch(
      /makes no tokens of the pods' own accounts on a: .*podid nmi install --namespace \S+ --set podid\.exchange\.enabled=true --set podid\.exchange\.subject=workload/s,
    );
  });

  it.each([
    ['on', { kind: 'addon' }, 'on', 'podid disable'],
    ['off, so that nobody looks after it', { kind: 'addon' }, 'off', 'podid nmi install --force'],
    ['not asked for', { kind: 'addon' }, undefined, 'off already'],
    ["upstream's", { kind: 'upstream' }, undefined, 'podid nmi install --force'],
  ] as const)('names the way to install it beside an agent that is %s', async (_, more, addon, words) => {
    const there = installation({ ...more, name: 'nmi', ownedByPodid: false });
    const place = fakePlace(
      { installations: async () => [there], taintedNodes: async () => [node('a')] },
      { agents: async () => [agentPod('a', { daemonSet: 'nmi' })] },
    );
    await readAgentStatus(place, { ...asked, addonState: async () => addon }, signal);
    expect(place.messages.join('\n')).toContain(words);
    const turnsOff = place.messages.join('\n').includes('podid disable');
    expect(turnsOff).toBe(more.kind === 'addon' && addon !== 'off');
  });

  it("names others' agents by node, and the way to install where podid's is not", async () => {
    const others = [
      installation({ kind: 'addon', name: 'nmi', ownedByPodid: false }),
      installation({ kind: 'upstream', namespace: 'default', name: 'nmi', ownedByPodid: false }),
    ];
    const place = fakePlace(
      { installations: async () => others, taintedNodes: async () => [node('a'), node('b')] },
      {
        agents: async () => [
          agentPod('a', { daemonSet: 'nmi' }),
          agentPod('b', { daemonSet: 'nmi', namespace: 'default' }),
        ],
      },
    );
    const { status } = await readAgentStatus(place, asked, signal);
    expect(status).toMatchObject({ installed: false, version: '', mode: '' });
    expect(status.nodes.map(({ name, otherAgents }) => [name, otherAgents])).toEqual([
      ['a', ['aks-addon']],
      ['b', ['aad-pod-identity']],
    ]);
    expect(place.messages.join('\n')).toContain('podid nmi install');
  });
});
