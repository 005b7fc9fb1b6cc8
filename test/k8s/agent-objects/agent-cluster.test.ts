import { describe, expect, it } from 'vitest';
import { agentCluster } from '../../../src/k8s/agent-objects/agent-cluster.ts';
import { expired, page, refused, scriptedRest, signal } from '../scripted-rest.ts';

const node = (name: string) => ({
  metadata: { name, labels: { 'kubernetes.io/os': 'linux' } },
  spec: {},
  status: { conditions: [] },
});

describe("the cluster as the place of the agent's objects", () => {
  it('lists again when the list expired between two pages', async () => {
    const { rest, asked } = scriptedRest([
      page([node('gone')], 'first'),
      expired,
      page([node('a')], 'second'),
      page([node('b')]),
    ]);
    const nodes = await agentCluster(rest).taintedNodes(signal);
    expect(nodes.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(asked).toHaveLength(4);
  });

  it('says of nodes that may not be listed which right is missing, though the access review says it is there', async () => {
    const { rest } = scriptedRest([
      refused(403, 'Forbidden', { kind: 'nodes' }),
      { body: { status: { allowed: true } } },
    ]);
    await expect(agentCluster(rest).taintedNodes(signal)).rejects.toMatchObject({
      code: 'Forbidden',
      exitCode: 6,
      message: 'The cluster does not let you list nodes in all namespaces.',
      details: [{ message: 'The server says Forbidden.' }],
    });
  });

  it.each([
    ['list and watch', [{ verbs: ['list', 'watch'], apiGroups: [''], resources: ['pods'] }], true],
    ['everything', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], true],
    ['nodes alone', [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'] }], false],
  ])('knows by its bindings whether an account may see all pods: %s', async (_, rules, isSeen) => {
    const binding = (name: string, account: string) => ({
      metadata: { name },
      roleRef: { kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', namespace: 'kube-system', name: account }],
    });
    const { rest, asked } = scriptedRest([
      page([binding('others', 'other'), binding('podid-nmi', 'podid-nmi')]),
      { body: { metadata: { name: 'podid-nmi' }, rules } },
    ]);
    const account = { namespace: 'kube-system', name: 'podid-nmi' };
    expect(await agentCluster(rest).listsAllPods(account, signal)).toBe(isSeen);
    expect(asked.at(-1)?.path).toMatch(/clusterroles\/podid-nmi$/);
  });
});
