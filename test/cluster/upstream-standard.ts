import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { upstreamMic, upstreamNmi } from '../../bench/nmi/upstream.ts';
import type { AzureFiles, MachineWorld } from './standard-mode-azure.ts';

const namespace = 'kube-system';
/** Names by which podid knows whose programs they are; they run in podid's image, which has what they call. */
export const upstreamImages = ['docker.io/upstream/nmi:v1.8.17', 'docker.io/upstream/mic:v1.8.17'] as const;

/** @throws Error where it cannot be built */
export function builtUpstream(name: 'mic' | 'nmi'): string {
  const program = name === 'mic' ? upstreamMic() : upstreamNmi();
  if (program === undefined) {
    throw new Error(`Upstream's ${name} cannot be built here: it takes Go and its module proxy.`);
  }
  return program;
}

/** `azure.json` of the principal that Azure knows. @returns its path */
export function writeAzureJson({ folder }: AzureFiles, azure: MachineWorld): string {
  const path = join(folder, 'azure.json');
  const principal = {
    cloud: 'AzureStackCloud',
    tenantId: azure.tenantId,
    subscriptionId: azure.subscriptionId,
    resourceGroup: 'MC_demo-rg_demo_westeurope',
    aadClientId: azure.clientId,
    aadClientSecret: azure.secret,
  };
  writeFileSync(path, JSON.stringify(principal), { mode: 0o600 });
  return path;
}

/** What upstream's manifest for standard mode creates, by its names and labels, with its own programs of 1.8.17. */
export function upstreamInStandardMode(files: AzureFiles, azure: MachineWorld): readonly object[] {
  const mic: UpstreamProgram = {
    name: 'mic',
    files: {
      mic: builtUpstream('mic'),
      'azure.json': writeAzureJson(files, azure),
      'cloud.json': files.cloud,
      'ca.pem': files.certificate,
    },
    args: ['--cloudconfig=/upstream/azure.json', '--logtostderr'],
    env: {
      MIC_POD_NAMESPACE: namespace,
      FORCENAMESPACED: 'true',
      AZURE_ENVIRONMENT_FILEPATH: '/upstream/cloud.json',
      SSL_CERT_FILE: '/upstream/ca.pem',
    },
  };
  const nmi: UpstreamProgram = {
    name: 'nmi',
    files: { nmi: builtUpstream('nmi') },
    // A pod without an identity is told so after two seconds, and not after 80.
    args: [
      ...['--node=$(NODE_NAME)', '--operation-mode=standard', '--forceNamespaced', '--http-probe-port=8085'],
      ...['--kubelet-config=/etc/hostname', '--retry-attempts-for-created=1'],
      ...['--retry-attempts-for-assigned=1', '--find-identity-retry-interval=1'],
    ],
    env: {},
  };
  const labels = { component: 'nmi', tier: 'node' };
  const ofMic = { component: 'mic', 'k8s-app': 'aad-pod-id' };
  return [
    ...['mic', 'nmi'].flatMap(accountOf),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'mic', namespace, labels: ofMic },
      spec: {
        selector: { matchLabels: ofMic },
        template: { metadata: { labels: ofMic }, spec: podSpec(mic) },
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'nmi', namespace, labels: { ...labels, 'k8s-app': 'aad-pod-id' } },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { ...podSpec(nmi), hostNetwork: true } },
      },
    },
  ];
}

function accountOf(part: string): readonly object[] {
  const account = { name: `aad-pod-id-${part}-service-account`, namespace };
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: `aad-pod-id-${part}-role` },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: `aad-pod-id-${part}-binding` },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: `aad-pod-id-${part}-role` },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
  ];
}

interface UpstreamProgram {
  readonly name: 'mic' | 'nmi';
  /** Of the machine, by their names in the pod's folder `/upstream`. */
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function podSpec({ name, files, args, env }: UpstreamProgram): object {
  const mounted = Object.entries(files).map(([file, path]) => ({
    volume: file.replace('.', '-'),
    file,
    path,
  }));
  return {
    serviceAccountName: `aad-pod-id-${name}-service-account`,
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        name,
        image: upstreamImages.find((image) => image.includes(`/${name}:`)),
        imagePullPolicy: 'IfNotPresent',
        command: [`/upstream/${name}`],
        args,
        env: [
          ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
          { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        ],
        securityContext: {
          runAsUser: 0,
          capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH', 'NET_ADMIN', 'NET_RAW'] },
        },
        volumeMounts: mounted.map(({ volume, file }) => ({
          name: volume,
          mountPath: `/upstream/${file}`,
          readOnly: true,
        })),
      },
    ],
    volumes: mounted.map(({ volume, path }) => ({ name: volume, hostPath: { path, type: 'File' } })),
  };
}
