import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ApiServer } from './api-server.ts';

const labels = { component: 'nmi', tier: 'node', 'k8s-app': 'aad-pod-id' };
const helm = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: {
    'meta.helm.sh/release-name': 'aad',
    'meta.helm.sh/release-namespace': 'kube-system',
  },
};
const account = { name: 'aad-pod-identity-nmi', namespace: 'kube-system' };

/**
 * What `helm install aad aad-pod-identity/aad-pod-identity` of upstream's chart 4.1.18 leaves in a cluster,
 * as far as it matters here.
 */
const objects = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...account, ...helm } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'aad-pod-identity-nmi', ...helm },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { ...account, labels: { ...labels, ...helm.labels }, annotations: helm.annotations },
    spec: {
      selector: { matchLabels: { component: 'nmi', tier: 'node' } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: account.name,
          hostNetwork: true,
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name: 'nmi',
              image: 'mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.17',
              args: ['--node=$(NODE_NAME)', '--operation-mode=managed', '--forceNamespaced'],
            },
          ],
        },
      },
    },
  },
];

export interface UpstreamOptions {
  /** What its user set. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Puts upstream's release into the cluster, with the record that Helm keeps of it. */
export function installUpstream(api: ApiServer, { values }: UpstreamOptions): void {
  const manifest = objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');
  const chart = {
    metadata: { name: 'aad-pod-identity', version: '4.1.18' },
    values: { operationMode: 'standard' },
  };
  const record = { name: 'aad', version: 1, info: { status: 'deployed' }, chart, config: values, manifest };
  const packed = gzipSync(JSON.stringify(record)).toString('base64');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: 'sh.helm.release.v1.aad.v1',
      namespace: 'kube-system',
      labels: { owner: 'helm', name: 'aad', status: 'deployed', version: '1' },
    },
    stringData: { release: packed },
  };
  createObjects(api, [...objects, secret]);
}

/** `kubectl create -f` of objects in memory. */
export function createObjects(api: ApiServer, list: readonly object[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'podid-objects-'));
  try {
    const file = join(folder, 'objects.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: list }));
    api.kubectl('create', '-f', file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
