import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { type PlayedNodes, playNodes } from './played-nodes.ts';
import { type Helm, helmOn } from './run-helm.ts';
import { runPodid } from './run-podid.ts';
import { until } from './until.ts';
import { upstreamsChartWithDefinitions } from './upstream-chart.ts';

const chart = 'deploy/chart';
const inKubeSystem = ['--namespace', 'kube-system'];
const upgrade = ['upgrade', 'aad', chart, ...inKubeSystem, '--reset-values'];
const definitions = [
  'azureassignedidentities',
  'azureidentities',
  'azureidentitybindings',
  'azurepodidentityexceptions',
].map((name) => `${name}.aadpodidentity.k8s.io`);
const keep = 'helm.sh/resource-policy=keep';

describe('a release that owns the definitions', () => {
  let api: ApiServer;
  let nodes: PlayedNodes;
  let folder: string;
  let helm: Helm;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-definitions-'));
    api = await startApiServer('chart-definitions');
    nodes = await playNodes(api, ['node-a', 'node-b']);
    helm = helmOn(api, folder);
    await until(() => api.kubectl('get', 'serviceaccounts', '-n', 'kube-system').includes('default'));
    for (const namespace of ['storefront', 'orders']) {
      api.kubectl('create', 'namespace', namespace);
    }
  });
  afterAll(async () => {
    await nodes?.stop();
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As such a release stands in a cluster: definitions and objects, of which Helm's record holds all. */
  beforeEach(() => {
    clear();
    api.kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds');
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
    api.kubectl('label', 'crd', '--all', '--overwrite', 'app.kubernetes.io/managed-by=Helm');
    const owner = ['meta.helm.sh/release-name=aad', 'meta.helm.sh/release-namespace=kube-system'];
    api.kubectl('annotate', 'crd', '--all', '--overwrite', ...owner, 'helm.sh/resource-policy-');
    const set = ['--set', 'operationMode=managed'];
    helm.does('install', 'aad', upstreamsChartWithDefinitions(folder), ...inKubeSystem, ...set);
  });

  /**
   * The definitions stay: a server that makes and deletes the same ones again and again has been seen to stand still on
   * a busy machine. So a release whose record holds them is forgotten in place of uninstalled.
   */
  function clear() {
    for (const { name, namespace, chart: of } of JSON.parse(
      helm.does('list', '--all-namespaces', '--all', '-o', 'json'),
    )) {
      if (of.startsWith('podid-')) {
        helm.does('uninstall', name, '--namespace', namespace, '--no-hooks');
      } else {
        api.kubectl('delete', 'secret', '-n', namespace, '-l', `owner=helm,name=${name}`);
      }
    }
    api.kubectl('delete', 'daemonset', '--all', '-n', 'kube-system');
    if (api.kubectl('get', 'crd', '-o', 'name') !== '') {
      const kinds = 'azureidentity,azureidentitybinding,azurepodidentityexception';
      api.kubectl('delete', kinds, '--all', '--all-namespaces');
    }
  }

  const uids = () => {
    const kinds = 'crd,azureidentity,azureidentitybinding,azurepodidentityexception';
    return api.kubectl('get', kinds, '-A', '-o', 'jsonpath={.items[*].metadata.uid}').split(' ');
  };
  const daemonSets = () => api.kubectl('get', 'daemonset', '-n', 'kube-system', '-o', 'name').trim();
  const values = ['--values', 'test/deploy/values/upstream-retail.yaml'];

  it('is refused before anything is written, with the way', () => {
    const before = uids();
    expect(before.length).toBeGreaterThan(6);
    const { status, text } = helm(...upgrade, ...values);
    expect(status, text).toBe(1);
    expect(text).toContain(`kubectl annotate crd --overwrite ${definitions.join(' ')} ${keep}`);
    expect(text).toContain('podid nmi install --namespace kube-system --force');
    expect(uids()).toEqual(before);
    expect(daemonSets()).toBe('daemonset.apps/aad-pod-identity-nmi');
  });

  it("goes on once the definitions are kept as the refusal says, and loses nothing, by Helm's own end either", () => {
    const before = uids();
    const { text } = helm(...upgrade, ...values);
    const line = /kubectl (annotate crd \S.*?=keep)/.exec(text)?.[1] ?? '';
    api.kubectl(...line.split(' '));
    // Helm's record does not know the annotation: it follows the object as it stands.
    expect(helm.does('get', 'manifest', 'aad', ...inKubeSystem)).not.toContain('resource-policy');
    helm.does(...upgrade, ...values);
    expect(uids()).toEqual(expect.arrayContaining(before));
    expect(daemonSets()).toBe('daemonset.apps/podid-nmi');
    helm.does(...upgrade, ...values);
    helm.does('uninstall', 'aad', ...inKubeSystem, '--no-hooks');
    expect(api.kubectl('get', 'crd', '-o', 'name').match(/aadpodidentity/g)).toHaveLength(4);
  });

  it.each<[string, (api: ApiServer) => void, readonly string[]]>([
    [
      'three of them are kept',
      (to) => {
        to.kubectl('annotate', 'crd', ...definitions.slice(1), keep);
      },
      definitions.slice(0, 1),
    ],
    [
      'they have another policy',
      (to) => {
        to.kubectl('annotate', 'crd', '--all', 'helm.sh/resource-policy=delete');
      },
      definitions,
    ],
    [
      'another release has taken them over, and its record holds them still',
      (to) => {
        to.kubectl('annotate', 'crd', '--all', '--overwrite', 'meta.helm.sh/release-name=other');
      },
      definitions,
    ],
    [
      'only the label says that they are of Helm',
      (to) => {
        to.kubectl(
          'annotate',
          'crd',
          '--all',
          'meta.helm.sh/release-name-',
          'meta.helm.sh/release-namespace-',
        );
      },
      definitions,
    ],
    [
      'a Helm before 3.2 wrote it, which marked nothing',
      (to) => {
        const marks = ['meta.helm.sh/release-name-', 'meta.helm.sh/release-namespace-'];
        to.kubectl('annotate', 'crd', '--all', ...marks);
        to.kubectl('annotate', 'daemonset', '--all', '-n', 'kube-system', ...marks);
        const label = 'app.kubernetes.io/instance=aad';
        to.kubectl('label', 'daemonset', 'aad-pod-identity-nmi', '-n', 'kube-system', label);
      },
      definitions,
    ],
  ])('is refused when %s, and the rest is named', (_, change, named) => {
    change(api);
    const before = uids();
    const { status, text } = helm(...upgrade, ...values);
    expect(status, text).toBe(1);
    expect(text).toContain(`kubectl annotate crd --overwrite ${named.join(' ')} ${keep}`);
    expect(uids()).toEqual(before);
  });

  it.each<[string, readonly string[]]>([
    ['install it where it is missing', ['--install']],
    ['go on from what failed', ['--atomic']],
    ['write over what others changed', ['--force']],
    ['say first what would happen', ['--dry-run=server']],
  ])('is refused by an upgrade that is to %s', (_, flags) => {
    const before = uids();
    const { status, text } = helm(...upgrade, ...flags, ...values);
    expect(status, text).toBe(1);
    expect(text).toContain(keep);
    expect(uids()).toEqual(before);
  });

  it('loses nothing by a rollback, which Helm refuses since the definitions are there, and by the upgrade after it', () => {
    const before = uids();
    api.kubectl('annotate', 'crd', '--all', keep);
    helm.does(...upgrade, ...values);
    const { status, text } = helm('rollback', 'aad', '1', ...inKubeSystem);
    expect(status, text).toBe(1);
    expect(uids()).toEqual(expect.arrayContaining(before));
    expect(daemonSets()).toBe('daemonset.apps/podid-nmi');
    helm.does(...upgrade, ...values);
    expect(helm.does('get', 'manifest', 'aad', ...inKubeSystem)).not.toContain('CustomResourceDefinition');
    expect(uids()).toEqual(expect.arrayContaining(before));
  });

  it.each<[string, readonly string[], string]>([
    [
      'its values are left out',
      ['--set', 'operationMode=managed'],
      'AzureIdentity storefront/storefront, AzureIdentityBinding storefront/storefront-binding',
    ],
    [
      'its values lack a binding',
      [...values, '--set', 'azureIdentities.storefront.binding.name=other'],
      'would delete them: AzureIdentityBinding storefront/storefront-binding.',
    ],
  ])('keeps the identities of its own when %s', (_, given, named) => {
    api.kubectl('annotate', 'crd', '--all', keep);
    const before = uids();
    const { status, text } = helm(...upgrade, ...given);
    expect(status, text).toBe(1);
    expect(text).toContain(named);
    expect(text).toContain('helm get values aad --namespace kube-system');
    expect(uids()).toEqual(before);
  });

  it('may leave identities out once Helm is set to keep them, and later on', () => {
    api.kubectl('annotate', 'crd', '--all', keep);
    api.kubectl('annotate', 'azureidentity,azureidentitybinding', '--all', '-n', 'storefront', keep);
    const own = () =>
      api.kubectl(
        'get',
        'azureidentity,azureidentitybinding',
        '-A',
        '-o',
        'jsonpath={.items[*].metadata.uid}',
      );
    const before = own();
    helm.does(...upgrade, '--set', 'operationMode=managed');
    expect(own()).toBe(before);
    helm.does(...upgrade, ...values);
    helm.does(...upgrade);
    expect(api.kubectl('get', 'azureidentity', '-n', 'orders', '-o', 'name')).toBe('');
  });

  it('keeps a namespace of its own, with all that is in it', () => {
    api.kubectl('annotate', 'crd', '--all', keep);
    api.kubectl('annotate', 'namespace', 'storefront', 'meta.helm.sh/release-name=aad');
    try {
      const { status, text } = helm(...upgrade, ...values);
      expect(status, text).toBe(1);
      expect(text).toContain(`kubectl annotate namespace --overwrite storefront ${keep}`);
      api.kubectl('annotate', 'namespace', 'storefront', keep);
      helm.does(...upgrade, ...values);
    } finally {
      api.kubectl(
        'annotate',
        'namespace',
        'storefront',
        'meta.helm.sh/release-name-',
        'helm.sh/resource-policy-',
      );
    }
  });

  it('may be upgraded where another release owns them', () => {
    const beside = ['--set', 'podid.alongside=true'];
    const mark = (name: string) =>
      api.kubectl('annotate', 'crd', '--all', '--overwrite', `meta.helm.sh/release-name=${name}`);
    helm.does('install', 'podid', chart, ...inKubeSystem, ...beside);
    const before = uids();
    helm.does('upgrade', 'podid', chart, ...inKubeSystem, ...beside);
    expect(uids()).toEqual(before);
    mark('podid');
    expect(helm('upgrade', 'podid', chart, ...inKubeSystem, ...beside).status).toBe(1);
  });

  it('is taken over by podid nmi install --force, and nothing of it is lost', async () => {
    const before = uids();
    const ran = await runPodid(api.kubeconfig, 'nmi install --force --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(uids()).toEqual(expect.arrayContaining(before));
    expect(daemonSets()).toBe('daemonset.apps/podid-nmi');
    expect(JSON.parse(helm.does('list', '--all-namespaces', '--all', '-o', 'json'))).toEqual([]);
    expect(nodes.seen.map(({ node }) => node)).toContain('node-b');
  });
});
