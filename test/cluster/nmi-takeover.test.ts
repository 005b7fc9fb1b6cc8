import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { runCleanUpJob } from './clean-up-job.ts';
import { type PlayedNodes, playNodes } from './played-nodes.ts';
import { type Ran, runPodid, someImage } from './run-podid.ts';
import { until } from './until.ts';
import { createObjects, installUpstream } from './upstream-release.ts';

describe('podid nmi where another agent is', () => {
  let api: ApiServer;
  let nodes: PlayedNodes;
  beforeAll(async () => {
    api = await startApiServer('nmi-takeover');
    nodes = await playNodes(api, ['node-a', 'node-b']);
    await until(() => api.kubectl('get', 'serviceaccounts', '-n', 'kube-system').includes('default'));
    installUpstream(api, {
      values: {
        operationMode: 'managed',
        nmi: { blockInstanceMetadata: 'true', podLabels: { team: 'blue' } },
      },
    });
    await until(() => runningPods().filter((name) => name.startsWith('aad-')).length === 2);
  });
  afterAll(async () => {
    await nodes?.stop();
    await api?.stop();
  });

  const run = (line: string) => runPodid(api.kubeconfig, line);
  const runningPods = () =>
    api
      .kubectl('get', 'pods', '-n', 'kube-system', '--field-selector=status.phase=Running', '-o', 'name')
      .split('\n')
      .filter(Boolean)
      .map((name) => name.replace('pod/', ''));
  const agent = () => api.kubectl('get', 'daemonset', '-n', 'kube-system', 'podid-nmi', '-o', 'yaml');

  it('says whose agent it found, and the ways on', async () => {
    const ran = await run('nmi install');
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr).toContain(
      "aad-pod-identity's NMI (DaemonSet kube-system/aad-pod-identity-nmi of Helm release aad in namespace kube-system)",
    );
    expect(ran.stderr).toContain(
      `podid nmi install --kubeconfig ${api.kubeconfig} --set ${someImage} --force`,
    );
    expect(ran.stderr).toContain(
      `podid nmi install --kubeconfig ${api.kubeconfig} --set ${someImage} --alongside`,
    );
    expect(api.kubectl('get', 'crd', '-o', 'name')).toBe('');
  });

  it('names upstream on the nodes in status', async () => {
    const { installed, nodes: rows } = JSON.parse((await run('nmi status')).stdout);
    expect(installed).toBe(false);
    expect(rows.map((row: { otherAgents: string[] }) => row.otherAgents)).toEqual([
      ['aad-pod-identity'],
      ['aad-pod-identity'],
    ]);
  });

  it('asks before it takes the place of upstream', async () => {
    const ran = await run('nmi install --force');
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('This needs an answer');
    expect(runningPods().filter((name) => name.startsWith('podid-'))).toEqual([]);
  });

  it('removes upstream only once its own agent is ready on every node, and carries the values over', async () => {
    let held = true;
    nodes.decide(({ labels, node }) =>
      held && labels['app.kubernetes.io/name'] === 'podid' && node === 'node-b'
        ? { waiting: 'ContainerCreating' }
        : 'ready',
    );
    const running = run('nmi install --force --yes');
    await until(() => runningPods().some((name) => name.startsWith('podid-nmi')));
    expect(agent()).toContain('--nmi-port=2580');
    expect(runningPods().filter((name) => name.startsWith('aad-'))).toHaveLength(2);
    held = false;
    const ran: Ran = await running;
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(runningPods().filter((name) => name.startsWith('aad-'))).toEqual([]);
    expect(agent()).toContain('--nmi-port=2579');
    expect(agent()).toContain('--block-instance-metadata');
    expect(agent()).toContain('team: blue');
    expect(ran.stderr).toContain('1 of 3: ');
    expect(ran.stderr).toContain('3 of 3: ');
  });

  it('leaves nothing of the release that Helm could bring back', () => {
    const kinds = 'daemonsets,serviceaccounts,clusterroles,secrets';
    expect(api.kubectl('get', kinds, '-A', '-o', 'name')).not.toContain('aad');
  });

  it('cleans the nodes by the rights that the chart gives to its Job, and by no more', async () => {
    expect((await run('nmi uninstall --yes')).exitCode).toBe(0);
    const ran = await runCleanUpJob(api, 'managed');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout).nodes).toEqual([
      { name: 'node-a', clean: true },
      { name: 'node-b', clean: true },
    ]);
  });

  it("steps aside for the add-on's NMI, and goes in front of it by ports of its own", async () => {
    const daemonSet = api.kubectl('get', 'daemonsets', '-A', '-o', 'name');
    expect(daemonSet).toBe('');
    createObjects(api, [addon]);
    const refused = await run('nmi install');
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toContain("the AKS add-on's NMI (DaemonSet kube-system/nmi)");
    expect((await run('nmi install --force --yes')).exitCode).toBe(5);
    const ran = await run('nmi install --alongside');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('uses ports 2580, 8086 and 9091');
    expect(ran.stderr).toContain('Key Vault CSI driver');
    for (const flag of ['--nmi-port=2580', '--http-probe-port=8086', '--prometheus-port=9091']) {
      expect(agent()).toContain(flag);
    }
    const status = await run('nmi status');
    expect(JSON.parse(status.stdout).nodes[0]).toMatchObject({ ready: true, otherAgents: ['aks-addon'] });
    expect(status.stderr).toContain('always uses 2579');
  });
});

/** As AKS labels what it manages itself. */
const addonLabels = { component: 'nmi', 'kubernetes.azure.com/managedby': 'aks' };
const addon = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'nmi', namespace: 'kube-system', labels: addonLabels },
  spec: {
    selector: { matchLabels: { component: 'nmi', tier: 'node' } },
    template: {
      metadata: { labels: { ...addonLabels, tier: 'node' } },
      spec: {
        hostNetwork: true,
        tolerations: [{ operator: 'Exists' }],
        containers: [{ name: 'nmi', image: 'mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.13' }],
      },
    },
  },
};
