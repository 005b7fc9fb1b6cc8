/**
 * Objects with the names and labels of upstream's manifests for managed mode, its program a stand-in from the
 * folder `programs`.
 */
export function upstreamObjects(programs: string, args: readonly string[]): readonly object[] {
  const namespace = 'kube-system';
  const labels = { component: 'nmi', tier: 'node' };
  const account = { name: 'aad-pod-id-nmi-service-account', namespace };
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'aad-pod-id-nmi-role' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'aad-pod-id-nmi-binding' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'aad-pod-id-nmi-role' },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'nmi', namespace, labels: { ...labels, 'k8s-app': 'aad-pod-id' } },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(programs, args, account.name) },
      },
    },
  ];
}

function podSpec(programs: string, args: readonly string[], serviceAccountName: string): object {
  return {
    serviceAccountName,
    hostNetwork: true,
    dnsPolicy: 'ClusterFirstWithHostNet',
    tolerations: [{ operator: 'Exists' }],
    containers: [
      {
        name: 'nmi',
        image: 'docker.io/upstream/nmi:v1.8.17',
        imagePullPolicy: 'IfNotPresent',
        command: ['node', '/programs/upstream-agent.mjs', ...args],
        securityContext: {
          runAsUser: 0,
          capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH', 'NET_ADMIN', 'NET_RAW'] },
        },
        volumeMounts: [{ name: 'programs', mountPath: '/programs', readOnly: true }],
      },
    ],
    volumes: [{ name: 'programs', hostPath: { path: programs, type: 'Directory' } }],
  };
}
