import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upstream } from '../deploy/renders.ts';
import { type ApiServer, apiServers, startApiServer } from './api-server.ts';
import { helmOn } from './run-helm.ts';
import { micOf, upstreamsChart } from './upstream-chart.ts';

const chart = 'deploy/chart';
const inKubeSystem = ['--namespace', 'kube-system'];
const standard = ['--set', 'operationMode=standard'];

describe.each(apiServers)('the chart in standard mode on Kubernetes $version', ({ program }) => {
  let api: ApiServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-chart-standard-'));
    api = await startApiServer('chart-standard', [], program);
    api.kubectl('create', 'namespace', 'storefront');
    api.kubectl('create', 'namespace', 'orders');
    api.kubectl('apply', '--server-side', '-f', 'deploy/crds');
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const helm = (...args: readonly string[]) => helmOn(api, folder)(...args);
  const helmDoes = (...args: readonly string[]) => helmOn(api, folder).does(...args);
  const uninstall = (release: string) => helmDoes('uninstall', release, ...inKubeSystem, '--no-hooks');
  const names = (kind: string) =>
    api.kubectl('get', kind, '-A', '-o', 'jsonpath={.items[*].metadata.name}').split(' ').filter(Boolean);

  it.each(upstream.charts)(
    'renders with the default values of upstream: $versions',
    ({ versions, defaults }) => {
      const file = join(folder, `${versions[0]}.json`);
      writeFileSync(file, JSON.stringify({ ...defaults, operationMode: 'standard' }));
      const text = helmDoes('template', 'podid', chart, '--kube-version', '1.34.1', '--values', file);
      expect(text).toContain('name: podid-mic');
      expect(text).toContain('--forceNamespaced=false');
    },
  );

  it('is installed, said how it signs in, changed to managed mode, and taken away without a trace', () => {
    const said = helmDoes('install', 'podid', chart, ...inKubeSystem, ...standard);
    expect(said).toContain('rollout status deployment/podid-mic');
    expect(said).toContain('on AKS as the kubelet, whose rights every node has');
    expect(names('deployment')).toEqual(['podid-mic']);
    helmDoes('upgrade', 'podid', chart, ...inKubeSystem, '--reset-values');
    expect(names('deployment')).toEqual([]);
    helmDoes('upgrade', 'podid', chart, ...inKubeSystem, ...standard);
    uninstall('podid');
    const kinds = 'deployments,daemonsets,serviceaccounts,poddisruptionbudgets,roles,rolebindings,secrets';
    expect(
      api.kubectl('get', kinds, '-A', '-o', 'name', '-l', 'app.kubernetes.io/instance=podid').trim(),
    ).toBe('');
  });

  it("gives the controller the rights that it uses, and no one else's", () => {
    helmDoes('install', 'podid', chart, ...inKubeSystem, ...standard);
    const may = (verb: string, what: string, namespace: string) => {
      try {
        const account = '--as=system:serviceaccount:kube-system:podid-mic';
        return api.kubectl('auth', 'can-i', verb, what, '-n', namespace, account).trim();
      } catch {
        return 'no';
      }
    };
    expect(may('list', 'pods', 'shop')).toBe('yes');
    expect(may('update', 'configmaps/podid-mic-ledger', 'kube-system')).toBe('yes');
    expect(may('get', 'endpoints/aad-pod-identity-mic', 'default')).toBe('yes');
    expect(may('get', 'secrets', 'kube-system')).toBe('no');
    expect(may('update', 'configmaps/coredns', 'kube-system')).toBe('no');
    expect(may('get', 'configmaps', 'shop')).toBe('no');
    expect(may('update', 'azureidentities.aadpodidentity.k8s.io', 'shop')).toBe('no');
    expect(may('get', 'endpoints/kubernetes', 'default')).toBe('no');
    expect(may('patch', 'nodes', 'shop')).toBe('no');
    uninstall('podid');
  });

  it("takes a release of upstream's over with its controller, and goes back", () => {
    const old = upstreamsChart(folder);
    mkdirSync(join(old, 'templates'), { recursive: true });
    writeFileSync(join(old, 'templates/mic.yaml'), readFileSync(micOf('aad', folder), 'utf8'));
    helmDoes('install', 'aad', old, ...inKubeSystem);
    expect(names('deployment')).toEqual(['aad-pod-identity-mic']);
    const values = ['--values', 'test/deploy/values/upstream-retail.yaml', '--reset-values'];
    const refused = helm('upgrade', 'aad', chart, ...inKubeSystem, ...values);
    expect(refused.text).toContain('Set operationMode to standard');
    helmDoes('upgrade', 'aad', chart, ...inKubeSystem, ...values, ...standard);
    expect(names('deployment')).toEqual(['podid-mic']);
    expect(names('daemonset')).toEqual(['podid-nmi']);
    expect(names('azureidentity')).toEqual(expect.arrayContaining(['storefront', 'orders']));
    helmDoes('rollback', 'aad', '1', ...inKubeSystem);
    expect(names('deployment')).toEqual(['aad-pod-identity-mic']);
    uninstall('aad');
  });

  it('asks whether pods may go on using identities of other namespaces', () => {
    const assigned = {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureAssignedIdentity',
      metadata: { name: 'web-1-storefront-web', namespace: 'default' },
      spec: {
        pod: 'web-1',
        podNamespace: 'storefront',
        azureIdentityRef: {
          apiVersion: 'aadpodidentity.k8s.io/v1',
          kind: 'AzureIdentity',
          metadata: { name: 'web', namespace: 'identities' },
        },
      },
    };
    const file = join(folder, 'assigned.json');
    writeFileSync(file, JSON.stringify(assigned));
    api.kubectl('apply', '-f', file);
    const { status, text } = helm('install', 'podid', chart, ...inKubeSystem, ...standard);
    expect(status).toBe(1);
    expect(text).toContain('storefront/web-1 of identities/web');
    const set = ['--set-string', 'forceNamespaced=false'];
    const said = helmDoes('install', 'podid', chart, ...inKubeSystem, ...standard, ...set);
    expect(said).toContain('forceNamespaced is false');
    uninstall('podid');
    api.kubectl('delete', '-f', file);
  });
});
