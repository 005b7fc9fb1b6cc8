import { imageText, noImageText } from '../../../domain/kubernetes/agent-image.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import type { AgentRelease, AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import type { KubeObject } from '../../../domain/kubernetes/kube-object.ts';
import { command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';

/** With what the nodes are cleaned, and of what. */
export interface CleanUpTools {
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly imagePullSecrets: readonly Readonly<Record<string, unknown>>[];
  readonly rulesBackend: 'nft' | 'iptables';
}

/**
 * Those of the agent that is there; without one, those of the values.
 *
 * @throws PodidError InvalidUsage where neither names an image
 */
export function cleanUpTools(
  installation: AgentInstallation | undefined,
  values: AgentValues,
  version: string,
): CleanUpTools {
  if (installation !== undefined) {
    const { image, imagePullPolicy, imagePullSecrets, rulesBackend } = installation;
    return { image, imagePullPolicy, imagePullSecrets, rulesBackend };
  }
  if (values.podid.image.repository === '') {
    throw new PodidError('InvalidUsage', noImageText, {
      hint: command('podid nmi uninstall --set podid.image.repository=REGISTRY/podid').again(),
    });
  }
  return {
    image: imageText(values.podid.image, version),
    imagePullPolicy: values.image.imagePullPolicy,
    imagePullSecrets: values.imagePullSecrets,
    rulesBackend: values.podid.rulesBackend,
  };
}

const cleanUpName = 'podid-clean-up';

/**
 * A DaemonSet that cleans every node, whatever its taints: its init containers take away the rules and the
 * boot guard, and a pod that is ready is a node that is clean. It has no token.
 *
 * @param node the only one to clean
 */
export function renderCleanUp(
  tools: CleanUpTools,
  release: AgentRelease,
  node: string | undefined,
): KubeObject {
  const selector = {
    'app.kubernetes.io/name': 'podid',
    'app.kubernetes.io/component': 'clean-up',
    'app.kubernetes.io/instance': node === undefined ? release.name : `${release.name}-one-node`,
  };
  const labels = { ...selector, 'app.kubernetes.io/managed-by': 'podid' };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: node === undefined ? cleanUpName : `${cleanUpName}-one-node`,
      namespace: release.namespace,
      labels,
    },
    spec: {
      selector: { matchLabels: selector },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%' } },
      template: { metadata: { labels }, spec: renderPod(tools, node) },
    },
  };
}

function renderPod(tools: CleanUpTools, node: string | undefined): object {
  const { image, imagePullPolicy, imagePullSecrets, rulesBackend } = tools;
  const iptables = rulesBackend === 'iptables';
  const container = { image, imagePullPolicy, resources: { requests: { cpu: '10m', memory: '32Mi' } } };
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostNetwork: true,
    dnsPolicy: 'ClusterFirstWithHostNet',
    priorityClassName: 'system-node-critical',
    terminationGracePeriodSeconds: 0,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...(imagePullSecrets.length > 0 ? { imagePullSecrets } : {}),
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    affinity: { nodeAffinity: chosenNodes(node) },
    tolerations: [{ operator: 'Exists' }],
    initContainers: [
      {
        name: 'rules',
        ...container,
        command: ['podid-nmi'],
        args: ['rules', '--remove', `--rules-backend=${rulesBackend}`],
        securityContext: asRoot(iptables ? ['NET_ADMIN', 'NET_RAW'] : ['NET_ADMIN']),
        ...(iptables ? { volumeMounts: [{ name: 'xtables-lock', mountPath: '/run/xtables.lock' }] } : {}),
      },
      {
        name: 'boot-guard',
        ...container,
        command: ['podid-nmi'],
        args: ['boot-guard', '--host-root=/host', '--remove'],
        securityContext: asRoot([]),
        volumeMounts: [{ name: 'etc', mountPath: '/host/etc' }],
      },
    ],
    containers: [
      {
        name: 'clean',
        ...container,
        command: ['node', '-e', 'setInterval(() => undefined, 1 << 30)'],
        securityContext: {
          ...leastPrivilege,
          runAsNonRoot: true,
          runAsUser: 10001,
          runAsGroup: 10001,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
    volumes: [
      // The whole folder, since a guard of which nobody knows any more is looked for too, and none must be
      // made by looking.
      { name: 'etc', hostPath: { path: '/etc', type: 'Directory' } },
      ...(iptables
        ? [{ name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } }]
        : []),
    ],
  };
}

function chosenNodes(node: string | undefined): object {
  const matchExpressions = [{ key: 'type', operator: 'NotIn', values: ['virtual-kubelet'] }];
  const matchFields =
    node === undefined ? {} : { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions, ...matchFields }],
    },
  };
}

const leastPrivilege = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true };

function asRoot(capabilities: readonly string[]): object {
  const add = capabilities.length > 0 ? { add: capabilities } : {};
  return {
    ...leastPrivilege,
    runAsNonRoot: false,
    runAsUser: 0,
    runAsGroup: 0,
    capabilities: { drop: ['ALL'], ...add },
  };
}
