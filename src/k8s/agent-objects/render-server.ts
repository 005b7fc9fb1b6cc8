import { basename } from 'node:path/posix';
import { type AgentValues, agentPorts, isScraped } from '../../domain/kubernetes/agent-values.ts';
import { crossesNamespaces } from '../../domain/kubernetes/controller-values.ts';
import { heartbeatFolder, heartbeatPath, type Rendering, serverUser } from './agent-names.ts';
import { type ContainerImage, leastPrivilege, logArgs, recordsMount } from './render-rules-containers.ts';
import { extraCaOf } from './render-volumes.ts';

export const tokenMount = {
  name: 'token',
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
};

/** Where the agent looks for it by itself (`--exchange-token-file`). */
const exchangeTokenMount = {
  name: 'exchange-token',
  mountPath: '/var/run/secrets/podid/exchange',
  readOnly: true,
};

/** The container that answers pods: no capability, no root, and the only one with a token. */
export function renderServer(rendering: Rendering, image: ContainerImage, keepsRules: boolean): object {
  const { values } = rendering;
  const ports = agentPorts(values);
  const extraCa = extraCaOf(values.podid);
  const probe = (path: string) => ({ httpGet: { host: '127.0.0.1', path, port: ports.probes } });
  return {
    name: 'serve',
    ...image,
    command: ['podid-nmi'],
    args: serverArgs(rendering, keepsRules),
    env: [
      fromField('NODE_NAME', 'spec.nodeName'),
      ...(keepsRules ? [] : [fromField('NODE_ADDRESS', 'status.hostIP')]),
      ...extraCa.variables,
    ],
    ports: containerPorts(rendering),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: serverUser,
      runAsGroup: serverUser,
      capabilities: { drop: ['ALL'] },
      ...leastPrivilege,
    },
    resources: values.nmi.resources,
    startupProbe: { ...probe('/healthz'), periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 60 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    volumeMounts: [
      tokenMount,
      ...(values.podid.exchange.enabled ? [exchangeTokenMount] : []),
      ...(keepsRules
        ? [{ name: 'heartbeat', mountPath: heartbeatFolder, readOnly: true }, recordsMount]
        : []),
      ...(values.nmi.allowNetworkPluginKubenet
        ? []
        : [{ name: 'kubelet-config', mountPath: '/host/kubelet-config', readOnly: true }]),
      ...extraCa.mounts,
    ],
  };
}

function serverArgs(rendering: Rendering, keepsRules: boolean): string[] {
  const { values } = rendering;
  const { nmi, podid, customUserAgent } = values;
  const ports = agentPorts(rendering.values);
  return [
    'serve',
    `--operation-mode=${values.mode}`,
    ...(crossesNamespaces(values) ? [] : ['--forceNamespaced']),
    ...(values.mode === 'standard' ? standardArgs(values) : []),
    `--nmi-port=${ports.pods}`,
    '--probe-address=127.0.0.1',
    `--http-probe-port=${ports.probes}`,
    `--prometheus-port=${ports.metrics}`,
    ...(keepsRules
      ? [`--heartbeat-file=${heartbeatPath}`]
      : ['--redirected-by-others', '--nmi-listen-address=$(NODE_ADDRESS)']),
    `--metadata-header-required=${nmi.metadataHeaderRequired}`,
    ...(nmi.blockInstanceMetadata ? ['--block-instance-metadata'] : []),
    nmi.allowNetworkPluginKubenet
      ? '--allow-network-plugin-kubenet'
      : `--kubelet-config=/host/kubelet-config/${basename(nmi.kubeletConfig)}`,
    ...(customUserAgent === '' ? [] : [`--custom-user-agent=${customUserAgent}`]),
    ...(podid.startupTaint.enabled ? [`--remove-startup-taint=${podid.startupTaint.key}`] : []),
    ...(podid.holdSeconds === undefined ? [] : [`--hold-sec=${podid.holdSeconds}`]),
    ...(podid.refusedClientIds.length === 0
      ? []
      : [`--refuse-client-ids=${podid.refusedClientIds.join(',')}`]),
    ...(podid.secretsOfOtherNamespaces.length === 0
      ? []
      : [`--secrets-of-other-namespaces=${podid.secretsOfOtherNamespaces.join(',')}`]),
    ...(podid.eventNamespaces.length === 0 ? [] : [`--event-namespaces=${podid.eventNamespaces.join(',')}`]),
    ...exchangeArgs(podid),
    ...(values.mode === 'managed' ? [`--takeover-namespace=${rendering.release.namespace}`] : []),
    ...logArgs(rendering),
    ...podid.serveArgs,
  ];
}

function exchangeArgs({ exchange }: AgentValues['podid']): string[] {
  return [
    ...(exchange.default === 'exchange' ? ['--exchange-default=exchange'] : []),
    ...(exchange.subject === 'workload' ? ['--exchange-subject=workload'] : []),
    ...(exchange.tenantID === '' ? [] : [`--exchange-tenant-id=${exchange.tenantID}`]),
    ...(exchange.authorityHost === '' ? [] : [`--exchange-authority=${exchange.authorityHost}`]),
  ];
}

/** How long pods wait for the controller, where upstream's values say so. */
function standardArgs({ nmi }: AgentValues): string[] {
  const given = Object.entries({
    'find-identity-retry-interval': nmi.findIdentityRetryIntervalInSeconds,
    'retry-attempts-for-assigned': nmi.retryAttemptsForAssigned,
    'retry-attempts-for-created': nmi.retryAttemptsForCreated,
  });
  return [
    ...given.flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
    ...(nmi.enableScaleFeatures ? [] : ['--enableScaleFeatures=false']),
  ];
}

/**
 * Declared, so that the scheduler keeps them: a pod that claimed the agent's port would be asked for tokens
 * in its stead.
 */
function containerPorts({ values }: Rendering): object[] {
  const ports = agentPorts(values);
  const onHost = (name: string, port: number) => ({
    name,
    containerPort: port,
    hostPort: port,
    protocol: 'TCP',
  });
  return [onHost('nmi', ports.pods), ...(isScraped(values) ? [onHost('metrics', ports.metrics)] : [])];
}

export function fromField(name: string, fieldPath: string): object {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
