import { describe, expect, it } from 'vitest';
import { ownAgent } from '../../../src/domain/kubernetes/own-agents/own-agents.ts';
import { parseAgentInstallation } from '../../../src/validate/kubernetes/agent-installation.ts';
import { checkImage } from '../../../src/workflows/migrate/prove-from-pod.ts';

function agentIn(namespace: string) {
  const agent = parseAgentInstallation({
    metadata: { namespace, name: 'podid-nmi' },
    spec: {
      template: {
        metadata: { labels: { 'app.kubernetes.io/name': 'podid', 'app.kubernetes.io/component': 'nmi' } },
        spec: { containers: [{ name: 'serve', image: `registry.example.net/${namespace}:1` }] },
      },
    },
  });
  if (agent === undefined) {
    throw new Error('No agent.');
  }
  return agent;
}

const imageOf = (namespaces: readonly string[], image?: string) =>
  checkImage(
    {
      agent: { installations: async () => namespaces.map(agentIn) } as never,
      signal: new AbortController().signal,
    },
    { image, startMs: 0, intervalMs: 0, read: () => undefined },
  );

describe("podid's own agent", () => {
  it("is the one of the named namespace, and never a tenant's with its labels", async () => {
    expect(ownAgent([agentIn('tenant')], 'kube-system')).toBeUndefined();
    expect(ownAgent([agentIn('tenant'), agentIn('podid')], 'podid')?.namespace).toBe('podid');
    await expect(imageOf(['tenant', 'kube-system'])).resolves.toMatchObject({
      image: 'registry.example.net/kube-system:1',
    });
  });

  it('gives no image from elsewhere to the pod of a check, which needs --image then', async () => {
    await expect(imageOf(['tenant'])).rejects.toMatchObject({ code: 'AgentNotReady', exitCode: 5 });
    await expect(imageOf(['tenant'], 'registry.example.net/podid:1')).resolves.toMatchObject({
      image: 'registry.example.net/podid:1',
    });
  });
});
