import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const tenant = '00000000-0000-4000-8000-00000000aaaa';
const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
const identityApi = 'aadpodidentity.k8s.io/v1';
const rbacApi = 'rbac.authorization.k8s.io/v1';
export const nodes = [0, 1].map((number) => `aks-nodepool1-12345678-vmss00000${number}`);

/** Client ids of the scenario's identities. */
const clientIds = { web: 'c11e0001', jobs: 'c11e0002' } as const;
const clientIdOf = (name: keyof typeof clientIds) => `00000000-0000-4000-8000-0000${clientIds[name]}`;

/**
 * All ways to an identity in one cluster: `web` by a binding, `jobs` by exchange, a service principal by its Secret; an
 * exception, a pod on its node's network, a node without an agent, federated credentials, an identity binding.
 */
export async function everyWay(): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'oidc-issuer' });
  const { emulator } = podid;
  const { kube } = emulator;
  const { issuer } = (await podid.json('migrate plan -o json')) as { readonly issuer: string };
  emulator.seed({
    federatedCredentials: [
      credential('web', 'app', issuer, 'system:serviceaccount:demo:app'),
      credential('web', 'spare', issuer, 'system:serviceaccount:demo:default'),
      credential('web', 'gone', issuer, 'system:serviceaccount:demo:gone'),
      credential('web', 'pipeline', 'https://token.actions.example.net', 'repo:demo/web:ref:main'),
    ],
    identityBindings: [
      {
        id: `${group}/providers/Microsoft.ContainerService/managedClusters/demo/identityBindings/jobs`,
        name: 'jobs',
        properties: { managedIdentity: { resourceId: identityId('jobs'), clientId: clientIdOf('jobs') } },
      },
    ],
    roleAssignments: [
      { scope: group, role: 'Contributor', principalId: '00000000-0000-4000-8000-00000b1e0002' },
    ],
  } as never);
  for (const object of objects) {
    kube.seed(object);
  }
  // No agent is left on the second node.
  kube.remove('pods', 'kube-system', 'podid-nmi-1');
  return podid;
}

function credential(identity: string, name: string, issuer: string, subject: string) {
  return {
    id: `${identityId(identity)}/federatedIdentityCredentials/${name}`,
    name,
    properties: { issuer, subject, audiences: ['api://AzureADTokenExchange'] },
  };
}

const objects: readonly KubeObject[] = [
  object('v1', 'ServiceAccount', 'app'),
  object('v1', 'ServiceAccount', 'worker'),
  {
    ...object(identityApi, 'AzureIdentity', 'jobs', {
      'podid.io/token-source': 'exchange',
      'podid.io/tenant-id': tenant,
    }),
    spec: { type: 0, resourceID: identityId('jobs'), clientID: clientIdOf('jobs') },
  },
  {
    ...object(identityApi, 'AzureIdentityBinding', 'jobs-binding'),
    spec: { azureIdentity: 'jobs', selector: 'jobs' },
  },
  {
    ...object(identityApi, 'AzureIdentity', 'legacy'),
    spec: {
      type: 1,
      clientID: '00000000-0000-4000-8000-00000000beef',
      tenantID: tenant,
      clientPassword: { name: 'legacy', namespace: 'demo' },
    },
  },
  {
    ...object(identityApi, 'AzureIdentityBinding', 'legacy-binding'),
    spec: { azureIdentity: 'legacy', selector: 'legacy' },
  },
  {
    ...object(identityApi, 'AzurePodIdentityException', 'tools'),
    spec: { podLabels: { 'app.kubernetes.io/part-of': 'tools' } },
  },
  ...['a', 'b', 'c'].map((name) => ({
    ...object('v1', 'Pod', `tool-${name}`, {}, { 'app.kubernetes.io/part-of': 'tools' }),
    ...running({}, nodes[0]),
  })),
  { ...object('v1', 'Pod', 'app-1'), ...running({ serviceAccountName: 'app' }, nodes[0]) },
  {
    ...object('v1', 'Pod', 'jobs-1', {}, { aadpodidbinding: 'jobs' }),
    ...running({ serviceAccountName: 'worker' }, nodes[1]),
  },
  {
    ...object('v1', 'Pod', 'legacy-1'),
    ...running({ volumes: [{ name: 'secret', secret: { secretName: 'legacy' } }] }, nodes[0]),
  },
  {
    ...object('v1', 'Pod', 'probe-1'),
    metadata: {
      namespace: 'demo',
      name: 'probe-1',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'probe', uid: 'p', controller: true },
      ],
    },
    ...running({ hostNetwork: true }, nodes[0]),
  },
  {
    ...object('apps/v1', 'DaemonSet', 'probe'),
    spec: {
      selector: { matchLabels: { app: 'probe' } },
      template: { metadata: { labels: { app: 'probe' } }, spec: { hostNetwork: true, containers: [] } },
    },
  },
  {
    apiVersion: rbacApi,
    kind: 'ClusterRole',
    metadata: { name: 'use-jobs' },
    rules: [
      {
        apiGroups: ['cid.wi.aks.azure.com'],
        resources: [clientIdOf('jobs')],
        verbs: ['use-managed-identity'],
      },
    ],
  },
  {
    apiVersion: rbacApi,
    kind: 'ClusterRole',
    metadata: { name: 'all' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  },
  binding('ClusterRoleBinding', 'use-jobs', 'use-jobs', {
    kind: 'ServiceAccount',
    namespace: 'demo',
    name: 'worker',
  }),
  binding('ClusterRoleBinding', 'everything', 'all', {
    kind: 'ServiceAccount',
    namespace: 'demo',
    name: 'app',
  }),
  {
    apiVersion: rbacApi,
    kind: 'Role',
    metadata: { namespace: 'demo', name: 'editor' },
    rules: [
      { apiGroups: ['', 'apps'], resources: ['pods', 'deployments'], verbs: ['create', 'patch'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['legacy'], verbs: ['get'] },
    ],
  },
  {
    ...binding('RoleBinding', 'developers', 'editor', { kind: 'Group', name: 'developers' }),
    metadata: { namespace: 'demo', name: 'developers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'editor' },
  },
];

function object(
  apiVersion: string,
  kind: string,
  name: string,
  annotations: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  return { apiVersion, kind, metadata: { namespace: 'demo', name, annotations, labels } };
}

function running(spec: object, nodeName: string | undefined) {
  return { spec: { containers: [], nodeName, ...spec }, status: { phase: 'Running' } };
}

function binding(kind: string, name: string, role: string, subject: object): KubeObject {
  return {
    apiVersion: rbacApi,
    kind,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [subject],
  };
}
