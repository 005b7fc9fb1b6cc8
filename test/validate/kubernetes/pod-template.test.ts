import { describe, expect, it } from 'vitest';
import { parseReadPod, parseReadWorkload } from '../../../src/validate/kubernetes/pod-template.ts';

const podSpec = {
  serviceAccountName: 'web',
  hostNetwork: true,
  os: { name: 'windows' },
  nodeSelector: { type: 'virtual-kubelet' },
  affinity: { nodeAffinity: { required: 'n' }, podAntiAffinity: { required: 'p' } },
  dnsPolicy: 'Default',
  imagePullSecrets: [{ name: 'registry' }, {}],
  initContainers: [{ env: [{ name: 'AZURE_CLIENT_ID', value: 'c' }] }],
  containers: [
    {
      env: [
        { name: 'AZURE_CLIENT_SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        { name: 'AZURE_TENANT_ID' },
        { name: 'PATH', value: '/bin' },
        { name: 'https_proxy', valueFrom: { secretKeyRef: { name: 's', key: 'p' } } },
        { name: 'NO_PROXY', value: '.svc' },
      ],
      ports: [{ containerPort: 8000 }, { containerPort: 'http' }],
    },
  ],
  volumes: [
    { projected: { sources: [{ serviceAccountToken: { audience: 'vault' } }, { serviceAccountToken: {} }] } },
    { csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'vault' } } },
    { csi: { driver: 'disk.csi.azure.com', volumeAttributes: { secretProviderClass: 'other' } } },
  ],
};
const template = { metadata: { labels: { aadpodidbinding: 'web' }, annotations: { a: 'b' } }, spec: podSpec };
const metadata = {
  namespace: 'demo',
  name: 'web',
  uid: 'u',
  managedFields: [{ manager: 'helm' }, { manager: 'kubectl' }, { manager: 'helm' }],
  ownerReferences: [
    { kind: 'Watcher', name: 'w', uid: 'x' },
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd', controller: true },
  ],
};
const read = {
  labels: { aadpodidbinding: 'web' },
  annotations: { a: 'b' },
  serviceAccount: 'web',
  hostNetwork: true,
  windows: true,
  virtualNode: true,
  variables: [
    { name: 'AZURE_CLIENT_ID', value: 'c' },
    { name: 'AZURE_CLIENT_SECRET' },
    { name: 'AZURE_TENANT_ID', value: '' },
  ],
  ports: [8000],
  imagePullSecrets: ['registry'],
  audiences: ['vault'],
  secretProviderClasses: ['vault'],
  secrets: ['s'],
  network: {
    spec: {
      nodeSelector: { type: 'virtual-kubelet' },
      affinity: { nodeAffinity: { required: 'n' } },
      dnsPolicy: 'Default',
    },
    proxies: [
      { name: 'https_proxy', valueFrom: { secretKeyRef: { name: 's', key: 'p' } } },
      { name: 'NO_PROXY', value: '.svc' },
    ],
  },
};

describe('a workload', () => {
  it('is read with its template, its managers and its controller', () => {
    const json = { metadata, spec: { selector: { matchLabels: { app: 'web' } }, template } };
    expect(parseReadWorkload('ReplicaSet', json)).toEqual({
      kind: 'ReplicaSet',
      namespace: 'demo',
      name: 'web',
      uid: 'u',
      labels: {},
      annotations: {},
      managers: ['helm', 'kubectl'],
      controller: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd' },
      template: read,
      selector: { app: 'web' },
      onDelete: false,
      finished: false,
    });
  });

  it('has its template where its kind has it', () => {
    const cronJob = { metadata, spec: { jobTemplate: { spec: { template } } } };
    expect(parseReadWorkload('CronJob', cronJob)?.template).toEqual(read);
    expect(parseReadWorkload('Deployment', cronJob)?.template.serviceAccount).toBe('default');
  });

  it('leaves its pods alone where its strategy says so', () => {
    const json = { metadata, spec: { updateStrategy: { type: 'OnDelete' }, template } };
    expect(parseReadWorkload('DaemonSet', json)?.onDelete).toBe(true);
  });

  it.each([
    ['Complete', 'True', true],
    ['Failed', 'True', true],
    ['Complete', 'False', false],
    ['Suspended', 'True', false],
  ])('is a Job with the condition %s %s: ended %s', (type, status, finished) => {
    const json = { metadata, spec: { template }, status: { conditions: [{ type, status }] } };
    expect(parseReadWorkload('Job', json)?.finished).toBe(finished);
  });

  it.each([[undefined], [[]], [{}], [{ metadata: { name: 'web' } }], [{ metadata: null, spec: 3 }]])(
    'is none without a name and a namespace: %j',
    (json) => {
      expect(parseReadWorkload('Deployment', json)).toBeUndefined();
      expect(parseReadPod(json)).toBeUndefined();
    },
  );

  it('is empty where members are of other types', () => {
    const odd = { metadata: { namespace: 'demo', name: 'web', labels: 3 }, spec: { template: { spec: [] } } };
    expect(parseReadWorkload('Deployment', odd)?.template).toEqual({
      ...Object.fromEntries(Object.keys(read).map((key) => [key, []])),
      labels: {},
      annotations: {},
      serviceAccount: 'default',
      hostNetwork: false,
      windows: false,
      virtualNode: false,
      network: undefined,
      secrets: undefined,
    });
  });
});

describe('a pod', () => {
  it('is its own template', () => {
    const json = {
      metadata: { ...metadata, ...template.metadata, creationTimestamp: '2026-11-01T00:00:00Z' },
      spec: { ...podSpec, nodeName: 'aks-1' },
      status: { phase: 'Running' },
    };
    expect(parseReadPod(json)).toMatchObject({
      name: 'web',
      nodeName: 'aks-1',
      finished: false,
      createdAt: '2026-11-01T00:00:00Z',
      template: read,
      controller: { kind: 'Deployment' },
    });
  });

  it.each(['Succeeded', 'Failed'])('has ended in phase %s', (phase) => {
    expect(parseReadPod({ metadata, spec: {}, status: { phase } })?.finished).toBe(true);
  });
});
