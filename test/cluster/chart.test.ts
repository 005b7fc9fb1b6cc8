import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, apiServers, startApiServer } from './api-server.ts';
import { helmOn } from './run-helm.ts';
import { micOf, upstreamsChart } from './upstream-chart.ts';

const chart = 'deploy/chart';
const account = 'system:serviceaccount:kube-system:podid-nmi';
const goldens = readdirSync('test/deploy/golden').filter((name) => name.endsWith('.yaml'));

describe.each(apiServers)('the chart on Kubernetes $version', ({ program }) => {
  let api: ApiServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-chart-'));
    api = await startApiServer('chart', [], program);
    api.kubectl('apply', '-f', 'test/cluster/fixtures/other-crds.yaml');
    for (const namespace of ['shop', 'billing', 'storefront', 'orders', 'payments']) {
      api.kubectl('create', 'namespace', namespace);
    }
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const helm = (...args: readonly string[]) => helmOn(api, folder)(...args);
  const helmDoes = (...args: readonly string[]) => helmOn(api, folder).does(...args);
  const values = (name: string) => ['--values', `test/deploy/values/${name}.yaml`];
  const uninstall = (release: string, namespace = 'kube-system') =>
    helmDoes('uninstall', release, '--namespace', namespace, '--no-hooks', '--ignore-not-found');
  const ask = (...args: readonly string[]) => {
    try {
      return api.kubectl(...args).trim();
    } catch (error) {
      return String(error);
    }
  };

  it('pleases helm lint, with every set of values that it takes', () => {
    for (const name of goldens) {
      const base = name.replace(/\.yaml$/, '');
      const text = helmDoes('lint', chart, '--kube-version', '1.34.1', ...values(base));
      expect(text).not.toMatch(/WARNING|ERROR/);
    }
  });

  it('renders what the goldens and the manifest hold', () => {
    execFileSync('node', ['scripts/write-chart.mjs', '--check'], { encoding: 'utf8' });
  });

  const render = (version: string, name: string) =>
    helmDoes('template', 'podid', chart, '--kube-version', version, ...values(name));

  it('renders one and the same for every Kubernetes from 1.25 on', () => {
    for (const name of ['managed', 'upstream-retail', 'secrets-by-namespace']) {
      expect(render('1.25.0', name)).toBe(render('1.36.3', name));
    }
    expect(render('1.30.0', 'everything')).toBe(render('1.35.9', 'everything'));
  });

  it('adds what the impersonation of the own node takes for 1.36, and takes nothing away', () => {
    const [before, since] = [render('1.35.9', 'everything'), render('1.36.3', 'everything')];
    expect(before.split('\n').filter((line) => !since.split('\n').includes(line))).toEqual([]);
    const right = 'verbs: ["impersonate:associated-node"]';
    expect([before.includes(right), since.includes(right)]).toEqual([false, true]);
    const policy = 'name: default-podid-nmi-node-tokens';
    expect([before.split(policy).length - 1, since.split(policy).length - 1]).toEqual([0, 2]);
  });

  it('takes the right to the pods of all nodes away for 1.36 where it is told so, and refuses it elsewhere', () => {
    const own = ['--set', 'podid.exchange.podsOfOwnNode=true'];
    const on = (version: string, ...more: readonly string[]) =>
      helm('template', 'podid', chart, '--kube-version', version, ...values('everything'), ...own, ...more);
    const { text } = on('1.36.3');
    const rights = [
      /resources: \[pods\]\n +verbs: \[list, watch\]/,
      /verbs: \["impersonate-on:associated-node:list"/,
    ];
    expect(rights.map((right) => right.test(text))).toEqual([false, true]);
    expect(rights.map((right) => right.test(render('1.36.3', 'everything')))).toEqual([true, true]);
    expect(on('1.35.9').text).toContain(
      'podid.exchange.podsOfOwnNode needs Kubernetes 1.36 or later (this is v1.35.9)',
    );
    expect(on('1.36.3', '--set', 'podid.exchange.subject=agent').text).toContain(
      'podid.exchange.podsOfOwnNode needs podid.exchange.subject: workload',
    );
  });

  it('reports at once everything that it refuses, and what Kubernetes is too old for', () => {
    const template = (...args: string[]) => helm('template', 'podid', chart, ...args);
    const taint = template('--kube-version', '1.29.4', '--set', 'podid.startupTaint.enabled=true');
    expect(taint.status).toBe(1);
    expect(taint.text).toContain('needs Kubernetes 1.30 or later (this is v1.29.4)');
    expect(template('--kube-version', '1.24.9').text).toContain('kubeVersion: >=1.25');
    const unknown = template('--kube-version', '1.34.1', '--set', 'nmi.colour=red');
    expect(unknown.text).toMatch(/colour/);
    expect(unknown.status).toBe(1);
  });

  describe('on an API server', () => {
    beforeAll(() => {
      api.kubectl('apply', '--server-side', '-f', 'deploy/crds');
      api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
      // Of identities-odd-names.yaml.
      api.kubectl('create', 'namespace', '456');
    });

    it.each(goldens)('renders objects that the server takes: %s', (name) => {
      const text = api.kubectl(
        'apply',
        '--server-side',
        '--dry-run=server',
        '-f',
        `test/deploy/golden/${name}`,
      );
      expect(text).toContain('daemonset.apps/');
      expect(text).toContain('podidentityexception.aadpodidentity.k8s.io/aks-addon-exception');
    });

    it('is there without helm, by one manifest, applied twice', () => {
      const manifest = ['apply', '--server-side', '-f', 'deploy/manifests/managed.yaml'];
      // kubectl made the definitions that are there, and the manifest is applied by it again.
      api.kubectl(...manifest);
      expect(api.kubectl(...manifest)).toContain('daemonset.apps/podid-nmi');
      // As docs/clean-up.md takes it away: what others bound stays.
      const agent = 'daemonset,serviceaccount,clusterrole,clusterrolebinding';
      api.kubectl('delete', agent, '-A', '-l', 'app.kubernetes.io/name=podid');
      expect(api.kubectl('get', agent, '-A', '-o', 'name')).not.toContain('podid');
      expect(api.kubectl('get', 'azurepodidentityexceptions', '-A', '-o', 'name')).toContain('aks-addon');
      api.kubectl('delete', '-f', 'deploy/manifests/managed.yaml', '--wait=false', '--ignore-not-found');
      api.kubectl('wait', '--for=delete', '--timeout=60s', 'crd/azureidentities.aadpodidentity.k8s.io');
    });

    it.each(['upstream-retail', 'upstream-bank', 'upstream-kubenet'])(
      'installs with a values file of upstream: %s',
      (name) => {
        const said = helmDoes('install', 'podid', chart, '--namespace', 'kube-system', ...values(name));
        expect(said).toContain('kubectl --namespace kube-system rollout status daemonset/podid-nmi');
        expect(said).toContain(
          name === 'upstream-bank' ? 'nmi.image, nmi.micNamespace,' : 'podid nmi status',
        );
        expect(ask('get', 'daemonset', '-n', 'kube-system', '-o', 'name')).toBe('daemonset.apps/podid-nmi');
        helmDoes('upgrade', 'podid', chart, '--namespace', 'kube-system', ...values(name));
        uninstall('podid');
        const left =
          'daemonsets,serviceaccounts,configmaps,clusterroles,clusterrolebindings,roles,rolebindings';
        const all = ask('get', left, '-A', '-o', 'name', '-l', 'app.kubernetes.io/instance=podid');
        expect(all).toBe('');
      },
    );

    it("takes upstream's release over in one command, with its identities as they are", () => {
      const old = upstreamsChart(folder);
      helmDoes('install', 'aad-pod-identity', old, '--namespace', 'kube-system');
      const uid = () =>
        ask(
          'get',
          'azureidentity,azureidentitybinding,azurepodidentityexception',
          '-A',
          '-o',
          'jsonpath={.items[*].metadata.uid}',
        );
      const before = uid();
      const upgrade = ['upgrade', 'aad-pod-identity', chart, '--namespace', 'kube-system'];
      const mic = micOf('aad-pod-identity', folder);
      api.kubectl('apply', '-f', mic);
      const { status, text } = helm(...upgrade, ...values('upstream-retail'));
      expect(status).toBe(1);
      expect(text).toContain('This release runs in standard mode');
      expect(text).toContain('Set operationMode to standard');
      expect(text).toContain('kubectl delete deployment --namespace kube-system aad-pod-identity-mic');
      api.kubectl('delete', '-f', mic);
      helmDoes(...upgrade, ...values('upstream-retail'));
      expect(before.split(' ').every((each) => uid().includes(each))).toBe(true);
      expect(ask('get', 'daemonset', '-n', 'kube-system', '-o', 'name')).toBe('daemonset.apps/podid-nmi');
      uninstall('aad-pod-identity');
    });

    it('leaves the exception alone that AKS left behind', () => {
      api.kubectl('apply', '-f', exceptionOfAks(folder));
      helmDoes('install', 'podid', chart, '--namespace', 'kube-system');
      helmDoes('upgrade', 'podid', chart, '--namespace', 'kube-system');
      uninstall('podid');
      expect(ask('get', 'azurepodidentityexception', '-n', 'kube-system', '-o', 'name')).toContain(
        'aks-addon-exception',
      );
      api.kubectl('delete', 'azurepodidentityexception', '-n', 'kube-system', 'aks-addon-exception');
      helmDoes('install', 'podid', chart, '--namespace', 'kube-system');
      helmDoes('upgrade', 'podid', chart, '--namespace', 'kube-system');
      expect(ask('get', 'azurepodidentityexception', '-n', 'kube-system', '-o', 'name')).toContain(
        'aks-addon-exception',
      );
      uninstall('podid');
    });

    it('stops where identities would lose the secrets that upstream read for them', () => {
      const identity = join(folder, 'principal.json');
      const spec = { type: 1, tenantID: 't', clientID: 'c', clientPassword: { name: 'ledger' } };
      const metadata = { name: 'ledger', namespace: 'billing' };
      writeFileSync(
        identity,
        JSON.stringify({ apiVersion: 'aadpodidentity.k8s.io/v1', kind: 'AzureIdentity', metadata, spec }),
      );
      api.kubectl('apply', '-f', identity);
      const install = ['install', 'podid', chart, '--namespace', 'kube-system'];
      const { status, text } = helm(...install);
      expect(status).toBe(1);
      expect(text).toContain('billing/ledger');
      expect(text).toContain('rbac.allowAccessToSecrets');
      helmDoes(...install, '--set', 'rbac.allowAccessToSecrets=true,podid.secretNamespaces={billing}');
      const may = (namespace: string) =>
        ask('auth', 'can-i', 'get', 'secrets', '-n', namespace, `--as=${account}`);
      expect(may('billing')).toBe('yes');
      expect(may('shop')).toMatch(/no$|no\n|Command failed/);
      uninstall('podid');
      api.kubectl('delete', '-f', identity);
    });

    it('gives the agent the rights it uses, and none beside them', () => {
      helmDoes('install', 'podid', chart, '--namespace', 'kube-system');
      const rights = JSON.parse(ask('get', 'clusterrole', 'podid-nmi', '-o', 'json')).rules;
      expect(rights).toEqual([
        { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
        {
          apiGroups: ['aadpodidentity.k8s.io'],
          resources: ['azureidentities', 'azureidentitybindings', 'azurepodidentityexceptions'],
          verbs: ['list', 'watch'],
        },
      ]);
      expect(ask('auth', 'can-i', 'watch', 'pods', '-A', `--as=${account}`)).toBe('yes');
      for (const [verb, what] of [
        ['get', 'secrets'],
        ['patch', 'nodes'],
        ['create', 'pods'],
        ['update', 'azureidentities'],
      ]) {
        expect(ask('auth', 'can-i', verb ?? '', what ?? '', '-A', `--as=${account}`)).not.toBe('yes');
      }
      uninstall('podid');
    });
  });
});

function exceptionOfAks(folder: string): string {
  const path = join(folder, 'exception.json');
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzurePodIdentityException',
      metadata: { name: 'aks-addon-exception', namespace: 'kube-system' },
      spec: { podLabels: { 'kubernetes.azure.com/managedby': 'aks' } },
    }),
  );
  return path;
}
