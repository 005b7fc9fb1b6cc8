import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { type PlayedNodes, playNodes } from './played-nodes.ts';
import { type Helm, helmOn } from './run-helm.ts';
import { runPodid } from './run-podid.ts';
import { until } from './until.ts';
import { upstreamsChart } from './upstream-chart.ts';

const chart = 'deploy/chart';
const inKubeSystem = ['--namespace', 'kube-system'];

describe('a chart around a chart', () => {
  let api: ApiServer;
  let nodes: PlayedNodes;
  let folder: string;
  let helm: Helm;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-umbrella-'));
    api = await startApiServer('chart-umbrella');
    nodes = await playNodes(api, ['node-a']);
    helm = helmOn(api, folder);
    api.kubectl('apply', '--server-side', '-f', 'deploy/crds');
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
    for (const namespace of ['storefront', 'orders']) {
      api.kubectl('create', 'namespace', namespace);
    }
    await until(() => api.kubectl('get', 'serviceaccounts', '-n', 'kube-system').includes('default'));
  });
  afterAll(async () => {
    await nodes?.stop();
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @returns the folder of a chart that depends on the one in `inner` */
  const around = (inner: string, dependency: object, values: object): string => {
    const outer = mkdtempSync(join(folder, 'platform-'));
    mkdirSync(join(outer, 'charts'));
    cpSync(inner, join(outer, 'charts/inner'), { recursive: true });
    const dependencies = [{ version: '>=0', repository: '', ...dependency }];
    const metadata = { apiVersion: 'v2', name: 'platform', version: '1.0.0', dependencies };
    writeFileSync(join(outer, 'Chart.yaml'), JSON.stringify(metadata));
    writeFileSync(join(outer, 'values.yaml'), JSON.stringify(values));
    return outer;
  };
  const template = (of: string, ...args: readonly string[]) =>
    helm.does('template', 'podid', of, ...inKubeSystem, '--kube-version', '1.34.1', ...args);

  it.each([
    ['by its name', { name: 'podid' }, 'podid'],
    [
      'by an alias and a condition',
      { name: 'podid', alias: 'identity', condition: 'identity.enabled' },
      'identity',
    ],
  ])('renders what the chart alone renders: %s', (_, dependency, section) => {
    const image = { repository: 'registry.example.net/podid' };
    const own = { enabled: true, nmi: { logVerbosity: 3 }, podid: { holdSeconds: 5, image } };
    const outer = around(chart, dependency, { [section]: own, global: { imageRegistry: 'none' } });
    const without = (text: string) =>
      text
        .replace(/^# Source: .*$/gm, '')
        .split('---\n')
        .toSorted();
    expect(without(template(outer))).toEqual(
      without(
        template(
          chart,
          '--set',
          `nmi.logVerbosity=3,podid.holdSeconds=5,podid.image.repository=${image.repository}`,
        ),
      ),
    );
  });

  it('leaves the chart out where its condition says so, and refuses the value where no condition reads it', () => {
    const off = { podid: { enabled: false } };
    expect(template(around(chart, { name: 'podid', condition: 'podid.enabled' }, off))).not.toContain(
      'kind:',
    );
    const { status, text } = helm(
      'template',
      'podid',
      around(chart, { name: 'podid' }, off),
      '--kube-version=1.34.1',
    );
    expect(status).toBe(1);
    expect(text).toContain('enabled is read in the condition of a parent chart alone');
  });

  /** Upstream's chart with MIC, as a wrapper has it. */
  const withMic = () => {
    const inner = upstreamsChart(folder);
    const labels = { 'app.kubernetes.io/name': 'aad-pod-identity', 'app.kubernetes.io/component': 'mic' };
    const metadata = { name: 'aad-pod-identity-mic', namespace: 'kube-system', labels };
    const selector = { matchLabels: labels };
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'mic', image: 'upstream/mic:v1' }] },
    };
    const objects = [
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 0, selector, template } },
      { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { minAvailable: 1, selector } },
      { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { clientID: 'none' } },
    ];
    writeFileSync(
      join(inner, 'templates/mic.yaml'),
      objects.map((each) => JSON.stringify(each)).join('\n---\n'),
    );
    return inner;
  };

  it("takes over a release of a chart around upstream's in standard mode, with the values under its alias", async () => {
    const set = { enabled: true, operationMode: 'standard', nmi: { logVerbosity: 4 }, fullnameOverride: '' };
    const dependency = { name: 'aad-pod-identity', alias: 'aad', condition: 'aad.enabled' };
    const outer = around(withMic(), dependency, { aad: set, ingress: { replicas: 3 } });
    helm.does('install', 'platform', outer, ...inKubeSystem, '--set', 'aad.customUserAgent=contoso');
    const { exitCode, stdout, stderr } = await runPodid(
      api.kubeconfig,
      'nmi install --force --dry-run --set forceNamespaced=true',
    );
    expect(exitCode, stderr).toBe(0);
    const { mode, objects } = JSON.parse(stdout);
    expect(mode).toBe('standard');
    const gone = objects.filter(({ action }: { action: string }) => action === 'delete');
    expect(gone.map(({ kind }: { kind: string }) => kind)).toEqual(
      expect.arrayContaining(['DaemonSet', 'Deployment', 'PodDisruptionBudget', 'Secret']),
    );
    helm.does('uninstall', 'platform', ...inKubeSystem);
  });

  it("refuses the names of upstream's objects, by either way of installing, and takes the way that it names", async () => {
    helm.does('install', 'aad', upstreamsChart(mkdtempSync(join(folder, 'plain-'))), ...inKubeSystem);
    const values = [
      '--values',
      'test/deploy/values/upstream-retail.yaml',
      '--dry-run=server',
      '--reset-values',
    ];
    const upgrade = ['upgrade', 'aad', chart, ...inKubeSystem, ...values];
    for (const name of ['fullnameOverride', 'nameOverride']) {
      const { status, text } = helm(...upgrade, '--set', `${name}=aad-pod-identity`);
      expect(status).toBe(1);
      expect(text).toContain(
        'DaemonSet kube-system/aad-pod-identity-nmi is there by the name that fullnameOverride',
      );
    }
    helm.does(...upgrade, '--set', 'nameOverride=aad-pod-identity', '--set', 'fullnameOverride=podid');
    const install = 'nmi install --force --dry-run --set operationMode=managed,nameOverride=aad-pod-identity';
    const refused = await runPodid(api.kubeconfig, install);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain('--set fullnameOverride=podid');
    const taken = await runPodid(api.kubeconfig, `${install} --set fullnameOverride=podid`);
    expect(taken.exitCode, taken.stderr).toBe(0);
    helm.does('uninstall', 'aad', ...inKubeSystem);
  });

  it("is refused beside upstream's, which would stay on the same ports, and takes the way that it names", () => {
    const inner = upstreamsChart(mkdtempSync(join(folder, 'beside-')));
    const image = ['--set', 'podid.image.repository=registry.example.net/podid,operationMode=managed'];
    helm.does('install', 'aad', inner, ...inKubeSystem, '--set', 'operationMode=managed');
    for (const [release, namespace] of [
      ['podid', 'orders'],
      ['podid', 'kube-system'],
      ['aad', 'orders'],
    ] as const) {
      const install = ['install', release, chart, '--namespace', namespace, ...image, '--dry-run=server'];
      const { status, text } = helm(...install);
      expect(status).toBe(1);
      expect(text).toContain('DaemonSet kube-system/aad-pod-identity-nmi is an agent of aad-pod-identity');
      helm.does(...install, '--set', 'podid.alongside=true');
    }
    const values = [
      '--values',
      'test/deploy/values/upstream-retail.yaml',
      '--reset-values',
      '--dry-run=server',
    ];
    helm.does('upgrade', 'aad', chart, ...inKubeSystem, ...values);
    helm.does('uninstall', 'aad', ...inKubeSystem);
  });

  it('takes over a release whose record Helm can upgrade no more, because the cluster has lost versions in it', async () => {
    const inner = upstreamsChart(mkdtempSync(join(folder, 'old-')));
    helm.does('install', 'aad', inner, ...inKubeSystem, '--set', 'operationMode=managed');
    const name = 'sh.helm.release.v1.aad.v1';
    const secret = JSON.parse(api.kubectl('get', 'secret', '-n', 'kube-system', name, '-o', 'json'));
    const packed = Buffer.from(Buffer.from(secret.data.release, 'base64').toString(), 'base64');
    const release = JSON.parse(gunzipSync(packed).toString());
    const roles = () => api.kubectl('get', 'clusterroles,clusterrolebindings', '-o', 'name');
    api.kubectl('create', 'clusterrole', 'aad-pod-identity-nmi', '--verb=get', '--resource=pods');
    api.kubectl('create', 'clusterrolebinding', 'aad-pod-identity-nmi', '--clusterrole=aad-pod-identity-nmi');
    release.manifest += [
      ['apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition', 'azureidentities.aadpodidentity.k8s.io'],
      ['policy/v1beta1', 'PodDisruptionBudget', 'aad-pod-identity-mic'],
      ['policy/v1beta1', 'PodSecurityPolicy', 'aad-pod-identity'],
      // Which are there, as v1.
      ['rbac.authorization.k8s.io/v1beta1', 'ClusterRole', 'aad-pod-identity-nmi'],
      ['rbac.authorization.k8s.io/v1beta1', 'ClusterRoleBinding', 'aad-pod-identity-nmi'],
    ]
      .map(([apiVersion, kind, of]) => {
        const labels = { 'app.kubernetes.io/name': 'aad-pod-identity' };
        return `\n---\n${JSON.stringify({ apiVersion, kind, metadata: { name: of, labels } })}\n`;
      })
      .join('');
    const again = Buffer.from(gzipSync(JSON.stringify(release)).toString('base64')).toString('base64');
    api.kubectl(
      'patch',
      'secret',
      '-n',
      'kube-system',
      name,
      '-p',
      JSON.stringify({ data: { release: again } }),
    );
    const values = ['--values', 'test/deploy/values/upstream-retail.yaml', '--reset-values'];
    const { status, text } = helm('upgrade', 'aad', chart, ...inKubeSystem, ...values);
    expect(status).toBe(1);
    expect(text).toContain('no matches for kind');
    const install = 'nmi install --force --yes --set operationMode=managed';
    const dryRun = await runPodid(api.kubeconfig, `${install} --dry-run`);
    expect(dryRun.exitCode, dryRun.stderr).toBe(0);
    const { exitCode, stderr } = await runPodid(api.kubeconfig, install);
    expect(exitCode, stderr).toBe(0);
    expect(roles()).not.toContain('aad-pod-identity');
    expect(api.kubectl('get', 'daemonset', '-n', 'kube-system', '-o', 'name').trim()).toBe(
      'daemonset.apps/podid-nmi',
    );
    expect(api.kubectl('get', 'crd', '-o', 'name').match(/aadpodidentity/g)).toHaveLength(4);
    expect(api.kubectl('get', 'azureidentity', '-n', 'storefront', '-o', 'name')).toContain('storefront');
  });
});
