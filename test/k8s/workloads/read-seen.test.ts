import { describe, expect, it } from 'vitest';
import type { AgentPod, PodAnswer } from '../../../src/domain/kubernetes/workloads.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { readSeen } from '../../../src/k8s/workloads/read-seen.ts';
import { readWorkloads } from '../../../src/k8s/workloads/read-workloads.ts';

const { signal } = new AbortController();
const agent = (nodeName: string, more: Partial<AgentPod> = {}) =>
  ({
    namespace: 'kube-system',
    name: `nmi-${nodeName}`,
    nodeName,
    metricsPort: 9090,
    podidImage: 'podid:1',
    ...more,
  }) as AgentPod;

const document = (since: string) =>
  JSON.stringify({
    since,
    forgotten: [{ namespace: 'busy', until: '2026-11-30T10:00:00Z' }],
    pods: [
      {
        namespace: 'demo',
        name: 'web-1',
        uid: 'one',
        controller: { kind: 'ReplicaSet', name: 'web-5c9d', uid: 'set' },
        uses: [
          {
            sdk: 'azsdk-go-azidentity',
            version: '1.2.0',
            resource: 'https://vault.azure.net',
            outcome: 'answered',
            chosenBy: 'client-id',
            lastAsked: '2026-11-30T09:00:00.200Z',
          },
          {
            sdk: 'other',
            version: '\u001b[2J',
            chosenBy: 'evil',
            resource: "';evil()",
            lastAsked: '2026-11-30T09:00:00Z',
          },
          { sdk: 'curl\n', version: '8', lastAsked: 'never' },
        ],
      },
      { uses: 7 },
    ],
  });

function recordOf(
  answers: Readonly<Record<string, PodAnswer | PodidError>>,
  agents = Object.keys(answers).map((node) => agent(node)),
) {
  return readSeen({
    ask: async ({ name }, port, path) => {
      expect([port, path]).toEqual([9090, '/record']);
      const answer = answers[name.replace('nmi-', '')];
      if (answer === undefined || answer instanceof PodidError) {
        throw answer ?? new Error('Nobody asks this one.');
      }
      return answer;
    },
  }).record(agents, signal);
}

describe('what the agents saw', () => {
  it('is that of all nodes together, with since when each keeps it, and nothing that no agent writes', async () => {
    expect(
      await recordOf({
        'aks-1': { status: 200, text: document('2026-11-29T00:00:00.000Z') },
        'aks-2': { status: 200, text: JSON.stringify({ since: '2026-11-30T00:00:00.001Z', pods: [] }) },
      }),
    ).toEqual({
      since: '2026-11-30T00:00:01Z',
      nodes: [
        {
          name: 'aks-1',
          since: '2026-11-29T00:00:00Z',
          forgotten: new Map([['busy', '2026-11-30T10:00:00Z']]),
        },
        { name: 'aks-2', since: '2026-11-30T00:00:01Z', forgotten: new Map() },
      ],
      unheard: [],
      pods: [
        {
          namespace: 'demo',
          name: 'web-1',
          uid: 'one',
          controller: { kind: 'ReplicaSet', name: 'web-5c9d', uid: 'set' },
          sdk: 'azsdk-go-azidentity',
          version: '1.2.0',
          chosenBy: 'client-id',
          lastAsked: '2026-11-30T09:00:01Z',
          resource: 'https://vault.azure.net',
          isAnswered: true,
        },
        {
          namespace: 'demo',
          name: 'web-1',
          uid: 'one',
          controller: { kind: 'ReplicaSet', name: 'web-5c9d', uid: 'set' },
          sdk: '',
          version: '',
          chosenBy: 'nothing',
          lastAsked: '2026-11-30T09:00:00Z',
        },
      ],
    });
  });

  it('names the nodes whose agents do not say, and why', async () => {
    const away = new PodidError('ClusterUnreachable', 'Nobody answers.');
    const record = await recordOf({
      'aks-1': { status: 404, text: '' },
      'aks-2': { status: 200, text: '<html>' },
      'aks-3': away,
      'aks-4': { status: 403, text: 'for this node alone' },
    });
    expect(record).toEqual({
      since: '',
      nodes: [],
      unheard: [
        { node: 'aks-1', why: expect.stringContaining('keeps no record') },
        { node: 'aks-2', why: 'it answered 200, and no record' },
        { node: 'aks-3', why: 'Nobody answers.' },
        {
          node: 'aks-4',
          why: expect.stringMatching(
            /own node alone .* create and get of pods\/portforward in namespace kube-system$/,
          ),
        },
      ],
      pods: [],
    });
  });

  it('is nothing where no agent of podid’s runs; the others are not asked', async () => {
    const { podidImage: _, ...addons } = agent('aks-1');
    expect(await recordOf({}, [addons])).toBeUndefined();
  });
});

describe('a port that is for the node alone', () => {
  const refused: PodAnswer = { status: 403, text: 'for this node alone' };
  const ask = (throughKubelet: () => Promise<PodAnswer>) =>
    readWorkloads(
      { get: async () => undefined, list: async () => [], text: async () => refused },
      throughKubelet,
    ).ask({ namespace: 'n', name: 'p' }, 9090, '/record', signal);

  it('is asked through the kubelet where it refuses who comes from elsewhere', async () => {
    expect(await ask(async () => ({ status: 200, text: 'record' }))).toEqual({ status: 200, text: 'record' });
  });

  it('has refused where the kubelet may not be asked', async () => {
    expect(await ask(() => Promise.reject(new PodidError('Forbidden', 'no')))).toEqual(refused);
  });
});
