import { agentPorts, isScraped } from '../../domain/kubernetes/agent-values.ts';
import { heartbeatFolder, heartbeatPath, type Rendering, serverUser } from './agent-names.ts';

export interface ContainerImage {
  readonly image: string;
  readonly imagePullPolicy: string;
}

/** No more than a container has to have. */
export const leastPrivilege = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

export function renderRulesOnce(rendering: Rendering, image: ContainerImage): object {
  const { podid } = rendering.values;
  return {
    name: 'rules-once',
    ...image,
    command: ['podid-nmi'],
    args: ['rules', '--once', ...rulesArgs(rendering)],
    securityContext: keeperOfRules(rendering),
    resources: podid.rulesResources,
    volumeMounts: [recordsMount, ...(podid.rulesBackend === 'iptables' ? [lockMount] : [])],
  };
}

export function renderBootGuard(rendering: Rendering, image: ContainerImage): object {
  return {
    name: 'boot-guard',
    ...image,
    command: ['podid-nmi'],
    args: ['boot-guard', '--host-root=/host', ...rulesArgs(rendering)],
    securityContext: asRoot([]),
    resources: rendering.values.podid.rulesResources,
    volumeMounts: [
      { name: 'kubelet-drop-in', mountPath: '/host/etc/systemd/system/kubelet.service.d' },
      { name: 'boot-guard', mountPath: '/host/etc/podid' },
      { name: 'host-programs', mountPath: '/host/usr/sbin', readOnly: true },
    ],
  };
}

export function renderRulesKeeper(rendering: Rendering, image: ContainerImage): object {
  const { nmi, podid } = rendering.values;
  const interval = nmi.ipTableUpdateTimeIntervalInSeconds;
  const minutes = Math.floor(((interval ?? 5) * 3 + 119) / 60);
  return {
    name: 'rules',
    ...image,
    command: ['podid-nmi'],
    args: [
      'rules',
      `--heartbeat-file=${heartbeatPath}`,
      `--server-user=${serverUser}`,
      ...(interval === undefined ? [] : [`--ipt-update-interval-sec=${interval}`]),
      ...rulesArgs(rendering),
    ],
    securityContext: keeperOfRules(rendering),
    resources: podid.rulesResources,
    livenessProbe: {
      exec: { command: ['sh', '-c', `test -n "$(find ${heartbeatPath} -mmin -${minutes})"`] },
      initialDelaySeconds: 30,
      periodSeconds: 30,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    volumeMounts: [
      { name: 'heartbeat', mountPath: heartbeatFolder },
      recordsMount,
      { name: 'cilium-state', mountPath: '/var/run/cilium/state/globals', readOnly: true },
      ...(podid.rulesBackend === 'iptables' ? [lockMount] : []),
    ],
  };
}

/** How loud it is, for all containers. */
export function logArgs({ values: { nmi } }: Rendering): string[] {
  return [
    ...(nmi.loggingFormat === '' ? [] : [`--log-format=${nmi.loggingFormat}`]),
    ...(nmi.logVerbosity === 0 ? [] : [`-v=${nmi.logVerbosity}`]),
  ];
}

/** The CNI's record of addresses, which the guard and the server go by. */
export const recordsMount = { name: 'cni-results', mountPath: '/var/lib/cni/results', readOnly: true };
const lockMount = { name: 'xtables-lock', mountPath: '/run/xtables.lock' };

/** Flags on which everyone who touches the rules must agree. */
function rulesArgs(rendering: Rendering): string[] {
  const { podid } = rendering.values;
  const ports = agentPorts(rendering.values);
  return [
    `--nmi-port=${ports.pods}`,
    '--probe-address=127.0.0.1',
    `--prometheus-port=${ports.metrics}`,
    ...(isScraped(rendering.values) ? ['--open-metrics'] : []),
    `--rules-backend=${podid.rulesBackend}`,
    `--address-guard=${podid.addressGuard}`,
    ...logArgs(rendering),
    ...podid.rulesArgs,
  ];
}

/** nft takes NET_ADMIN alone; the older iptables takes raw sockets too. */
function keeperOfRules({ values }: Rendering): object {
  return asRoot(values.podid.rulesBackend === 'iptables' ? ['NET_ADMIN', 'NET_RAW'] : ['NET_ADMIN']);
}

function asRoot(capabilities: readonly string[]): object {
  const add = capabilities.length > 0 ? { add: capabilities } : {};
  return {
    runAsNonRoot: false,
    runAsUser: 0,
    runAsGroup: 0,
    capabilities: { drop: ['ALL'], ...add },
    ...leastPrivilege,
  };
}
