import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { type PlayedNodes, playNodes } from './played-nodes.ts';
import { type Ran, runPodid, someImage } from './run-podid.ts';
import { until } from './until.ts';

interface Result {
  readonly objects: readonly {
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
    readonly action: string;
  }[];
  readonly nodes: readonly { readonly name: string; readonly [member: string]: unknown }[];
}

describe('podid nmi, on a real API server', () => {
  let api: ApiServer;
  let nodes: PlayedNodes;
  beforeAll(async () => {
    api = await startApiServer('nmi-commands');
    nodes = await playNodes(api, ['node-a', 'node-b']);
    await until(() => api.kubectl('get', 'serviceaccounts', '-n', 'kube-system').includes('default'));
  });
  afterAll(async () => {
    await nodes?.stop();
    await api?.stop();
  });

  const run = (line: string | readonly string[]) => runPodid(api.kubeconfig, line);
  const result = (ran: Ran): Result => {
    expect(ran.exitCode, ran.stderr).toBe(0);
    return JSON.parse(ran.stdout) as Result;
  };

  it('says what it would do, and writes nothing', async () => {
    const { objects } = result(await run('nmi install --dry-run'));
    expect(objects.map(({ kind, action }) => `${action} ${kind}`)).toContain('create DaemonSet');
    expect(api.kubectl('get', 'crd', '-o', 'name')).toBe('');
    expect(api.kubectl('get', 'daemonsets,serviceaccounts,clusterroles', '-A')).not.toContain('podid');
  });

  it('stops before the first write where Pod Security forbids the host network', async () => {
    api.kubectl('create', 'namespace', 'closed');
    api.kubectl('label', 'namespace', 'closed', 'pod-security.kubernetes.io/enforce=baseline');
    await until(() => api.kubectl('get', 'serviceaccounts', '-n', 'closed').includes('default'));
    const ran = await run('nmi install --namespace closed');
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr).toContain('host namespaces (hostNetwork=true)');
    expect(ran.stderr).toContain('pod-security.kubernetes.io/enforce=privileged');
    expect(api.kubectl('get', 'crd', '-o', 'name')).toBe('');
  });

  it('names the node that is not ready, and why, when the time is over', async () => {
    nodes.decide(({ node }) => (node === 'node-b' ? { waiting: 'ImagePullBackOff' } : 'ready'));
    const ran = await run('nmi install --timeout 4s -o json');
    expect(ran.exitCode).toBe(7);
    const { details } = JSON.parse(ran.stderr.trimEnd().split('\n').at(-1) ?? '') as {
      readonly details: readonly unknown[];
    };
    expect(details).toContainEqual({
      code: 'NodeNotReady',
      message: 'node-b: container serve: ImagePullBackOff',
    });
  });

  it('goes on where it stopped, and a second time finds everything as it should be', async () => {
    nodes.decide(() => 'ready');
    const installed = result(await run('nmi install'));
    expect(installed.nodes).toEqual([
      { name: 'node-a', ready: true },
      { name: 'node-b', ready: true },
    ]);
    const again = result(await run('nmi install'));
    expect(new Set(again.objects.map(({ action }) => action))).toEqual(new Set(['same']));
  });

  it('writes by server-side apply, so that a value taken back takes its field along', async () => {
    const taint = 'startup-taint.cluster-autoscaler.kubernetes.io/podid-agent-not-ready';
    const agent = () => api.kubectl('get', 'daemonset', '-n', 'kube-system', 'podid-nmi', '-o', 'yaml');
    result(await run('nmi install --set podid.startupTaint.enabled=true,nmi.podAnnotations.team=blue'));
    expect(agent()).toContain(`--remove-startup-taint=${taint}`);
    expect(api.kubectl('get', 'validatingadmissionpolicies', '-o', 'name')).toContain('podid-nmi-own-taint');
    result(await run('nmi install'));
    expect(agent()).not.toContain('team: blue');
  });

  it('shows each node, and a node that an agent does not reach', async () => {
    const ran = await run('nmi status');
    const status = JSON.parse(ran.stdout) as Result & { readonly installed: boolean; readonly mode: string };
    expect(status).toMatchObject({ installed: true, mode: 'managed' });
    expect(status.nodes).toMatchObject([
      { name: 'node-a', ready: true, rules: 'verified', otherAgents: [] },
      { name: 'node-b', ready: true, rules: 'verified', otherAgents: [] },
    ]);
    expect(ran.stderr).toContain('Open at boot');
  });

  it('proves by a pod on each node who answers there, and takes the pods away again', async () => {
    nodes.decide(({ labels, node }) =>
      labels['app.kubernetes.io/component'] === 'probe' ? { exitCode: node === 'node-a' ? 0 : 3 } : 'ready',
    );
    const ran = await run('nmi status --probe');
    expect(ran.exitCode).toBe(10);
    expect((JSON.parse(ran.stdout) as Result).nodes.map(({ name, probe }) => [name, probe])).toEqual([
      ['node-a', 'agent'],
      ['node-b', 'past'],
    ]);
    await until(() => !api.kubectl('get', 'pods', '-n', 'kube-system').includes('podid-probe'));
  });

  it('names nodes that the clean-up missed, and a second run finishes it', async () => {
    nodes.decide(({ labels, node }) =>
      labels['app.kubernetes.io/component'] === 'clean-up' && node === 'node-b'
        ? { waiting: 'CreateContainerError' }
        : 'ready',
    );
    const missed = await run('nmi uninstall --yes --timeout 4s');
    expect(missed.exitCode).toBe(7);
    expect(missed.stderr).toContain(
      '1 of 2 nodes may still hold rules: node-b (container serve: CreateContainerError)',
    );
    expect((JSON.parse(missed.stdout) as Result).nodes).toMatchObject([
      { name: 'node-a', clean: true },
      { name: 'node-b', clean: false },
    ]);
    nodes.decide(() => 'ready');
    // The agent is gone, and with it what says which image is to be pulled.
    expect(missed.stderr).toContain(
      `--clean-up-only --namespace kube-system --set ${someImage} --set podid.image.tag=`,
    );
    const nameless = await run('nmi uninstall --clean-up-only --yes');
    expect(nameless.exitCode).toBe(2);
    expect(nameless.stderr).toContain('podid.image.repository is not set: ');
    const { nodes: cleaned } = result(await run(`nmi uninstall --clean-up-only --yes --set ${someImage}`));
    expect(cleaned).toEqual([
      { name: 'node-a', clean: true },
      { name: 'node-b', clean: true },
    ]);
  });

  it('leaves nothing but the definitions and the objects of the identity kinds', () => {
    const kinds = 'daemonsets,serviceaccounts,clusterroles,clusterrolebindings,validatingadmissionpolicies';
    expect(api.kubectl('get', kinds, '-A', '-o', 'name')).not.toContain('podid');
    expect(api.kubectl('get', 'crd', '-o', 'name').trim().split('\n')).toHaveLength(4);
    expect(api.kubectl('get', 'azurepodidentityexceptions', '-n', 'kube-system', '-o', 'name')).toContain(
      'aks-addon-exception',
    );
  });

  it('prints manifests that kubectl and the API server take, where the definitions are there', async () => {
    const ran = await run('nmi install --dry-run -o yaml');
    expect(ran.exitCode, ran.stderr).toBe(0);
    const folder = await mkdtemp(join(tmpdir(), 'manifests-'));
    const file = join(folder, 'podid.yaml');
    await writeFile(file, ran.stdout);
    // The definitions are podid's own already.
    const apply = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', file];
    const said = api.kubectl(...apply);
    await rm(folder, { recursive: true });
    expect(said).toContain('daemonset.apps/podid-nmi serverside-applied (server dry run)');
    expect(said.trimEnd().split('\n')).toHaveLength(ran.stdout.split(/^---$/m).length - 1);
  });
});
