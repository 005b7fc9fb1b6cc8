import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { type PlayedNodes, playNodes } from './played-nodes.ts';
import { runPodid } from './run-podid.ts';
import { until } from './until.ts';
import { installUpstream } from './upstream-release.ts';

describe('podid nmi install --force where upstream stands on more nodes than podid goes to', () => {
  let api: ApiServer;
  let nodes: PlayedNodes;
  beforeAll(async () => {
    api = await startApiServer('takeover-everywhere');
    nodes = await playNodes(api, ['node-a', 'node-b']);
    // The server taints each new node, and the controller that would take that off does not run here.
    api.kubectl('taint', 'node', '--all', 'node.kubernetes.io/not-ready-');
    api.kubectl('label', 'node', 'node-a', 'pool=blue');
    api.kubectl('taint', 'node', 'node-b', 'pool=red:NoSchedule');
    await until(() => api.kubectl('get', 'serviceaccounts', '-n', 'kube-system').includes('default'));
    installUpstream(api, { values: { operationMode: 'managed', nmi: { tolerations: [] } } });
    await until(() => agentsOn('component=nmi').length === 2);
  });
  afterAll(async () => {
    await nodes?.stop();
    await api?.stop();
  });

  const run = (line: string) => runPodid(api.kubeconfig, line);
  /** Nodes with a living agent of these labels. */
  const agentsOn = (labels: string) =>
    api
      .kubectl(
        ...['get', 'pods', '-n', 'kube-system', '-l', labels, '--field-selector=status.phase=Running'],
        ...['-o', 'jsonpath={.items[*].spec.nodeName}'],
      )
      .split(' ')
      .filter(Boolean)
      .toSorted();
  const upstreamOn = () => agentsOn('component=nmi');
  const podidOn = () => agentsOn('app.kubernetes.io/name=podid');

  it.each([
    ['a selector fits one node', '--set nmi.nodeSelector.pool=blue', ['node-a'], ['node-b']],
    ['a selector fits none', '--set nmi.nodeSelector.pool=green', [], ['node-a', 'node-b']],
    ['a taint keeps it away', '--set podid.tolerateNothing=true', ['node-a'], ['node-b']],
  ])('removes nothing when %s, and names the nodes', async (_, flags, taken, named) => {
    const ran = await run(`nmi install --force --yes ${flags}`);
    expect(ran.exitCode, ran.stderr).not.toBe(0);
    expect(ran.stderr).toContain('Nothing was removed');
    for (const node of ['node-a', 'node-b']) {
      const reason = `${node} (no pod of podid's agent is scheduled there)`;
      expect(ran.stderr.includes(reason), ran.stderr).toBe(named.includes(node));
    }
    expect(ran.stderr).not.toContain('2 of 3');
    expect(upstreamOn()).toEqual(['node-a', 'node-b']);
    expect(podidOn()).toEqual(taken);
    expect(api.kubectl('get', 'secrets', '-n', 'kube-system', '-o', 'name')).toContain('aad');
  });

  it("goes on by the same command once nothing keeps it away: upstream's empty tolerations do not", async () => {
    const ran = await run('nmi install --force --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('nmi.tolerations is empty');
    expect(upstreamOn()).toEqual([]);
    expect(podidOn()).toEqual(['node-a', 'node-b']);
  });
});
