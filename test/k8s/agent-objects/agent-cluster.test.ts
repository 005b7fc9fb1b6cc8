import { describe, expect, it } from 'vitest';
import type { PodidError } from '../../../src/errors/podid-error.ts';
import { agentCluster } from '../../../src/k8s/agent-objects/agent-cluster.ts';
import { kubeFailure } from '../../../src/k8s/client/map-kube-error.ts';
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
      message: 'The cluster does not let you list nodes in the cluster.',
      details: [{ message: 'The server says Forbidden.' }],
    });
  });

  it.each([
    [
      'a right that is missing, though the review says it is there',
      'pods is forbidden: User "anna" cannot create resource "pods" in API group "" in the namespace "kube-system"',
      { code: 'Forbidden', exitCode: 6 },
      /^Add to a Role or ClusterRole of yours the rule: .*verbs: \["create"\]/,
    ],
    [
      'Pod Security',
      'pods "podid-nmi-try" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
      { code: 'AgentRefused', exitCode: 5 },
      /^The agent needs .* allow privileged pods: kubectl label namespace kube-system \S+=privileged$/,
    ],
    [
      'AKS Automatic',
      'admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-k8sazurev3hostnetworkingports-1] host network is not allowed',
      { code: 'AgentRefused', exitCode: 5 },
      /AKS Automatic, and Azure Policy .*: kubectl get constraints,/,
    ],
    [
      'a webhook of others',
      'admission webhook "images.contoso.com" denied the request: the image is not signed',
      { code: 'AgentRefused', exitCode: 5 },
      /^Fix what the message names/,
    ],
  ])(
    'says of the pod that is tried what refused it, in the words of the server: %s',
    async (_, sentence, error, hint) => {
      const failure = kubeFailure(403, {
        kind: 'Status',
        status: 'Failure',
        reason: 'Forbidden',
        message: sentence,
      });
      const { rest } = scriptedRest([{ failure }, { body: { status: { allowed: true } } }]);
      const daemonSet = {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { namespace: 'kube-system', name: 'podid-nmi' },
      };
      const thrown = await agentCluster(rest)
        .tryPod(daemonSet, signal)
        .catch((each: unknown) => each as PodidError);
      expect(thrown).toMatchObject({ ...error, message: expect.stringContaining(sentence) });
      expect(String((thrown as PodidError).hint)).toMatch(hint);
    },
  );

  it('knows no version of Kubernetes where the API server does not say it', async () => {
    const { rest } = scriptedRest([refused(503, 'ServiceUnavailable')]);
    await expect(agentCluster(rest).serverMinor(signal)).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining('get /version'),
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
