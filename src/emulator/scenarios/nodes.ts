import { type JsonObject, textAt } from '../exact-json.ts';
import { scaleSetId } from './machine-parts.ts';

/** Two Linux nodes, each with podid's agent: ready, its rules in place. */
export function nodes(more: AgentFacts = {}): JsonObject[] {
  const { mode = 'managed', machines = [] } = more;
  const made = [0, 1].map((number) =>
    node(nodeName(number), `${scaleSetId('nodepool1')}/virtualMachines/${number}`),
  );
  const others = machines.map((id) => node(id.split('/').at(-1) ?? '', id));
  const all = [...made, ...others];
  return [
    agentAccount,
    agentDaemonSet(mode, all.length),
    ...all.flatMap((one, number) => [one, agentPod(textAt(one, 'metadata', 'name') ?? '', number, more)]),
  ];
}

export interface AgentFacts {
  /** Lines of Prometheus text that follow the agent's own. */
  readonly metrics?: string;
  readonly log?: string;
  /** `managed` when absent. */
  readonly mode?: 'managed' | 'standard';
  /** Ids of virtual machines that are nodes besides. */
  readonly machines?: readonly string[];
}

export function nodeName(number: number): string {
  return `aks-nodepool1-12345678-vmss${String(number).padStart(6, '0')}`;
}

function node(name: string, machineId: string): JsonObject {
  const pool = name.split('-')[1] ?? '';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': 'linux', 'kubernetes.azure.com/agentpool': pool } },
    spec: { providerID: `azure://${machineId}` },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { operatingSystem: 'linux', kubeletVersion: 'v1.33.5' },
    },
  };
}

const agentSelector = {
  'app.kubernetes.io/name': 'podid',
  'app.kubernetes.io/component': 'nmi',
  'app.kubernetes.io/instance': 'podid',
};

const agentLabels = { ...agentSelector, component: 'nmi' };

/** As `podid nmi install` writes it: podid takes only its own for its own. */
const installedLabels = { ...agentSelector, 'app.kubernetes.io/managed-by': 'podid' };

/** What `podid nmi install` notes of the values that it was given. */
function installedWith(mode: 'managed' | 'standard'): JsonObject {
  const podid = { image: { repository: 'registry.example.net/podid' } };
  return mode === 'standard' ? { operationMode: mode, podid } : { podid };
}

const accountName = 'podid-nmi';

const agentAccount: JsonObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: accountName, namespace: 'kube-system', labels: installedLabels },
};

function agentContainer(mode: 'managed' | 'standard'): JsonObject {
  return {
    name: 'nmi',
    image: 'registry.example.net/podid:0.1.0',
    command: ['podid-nmi'],
    args: ['--node=$(NODE_NAME)', '--http-probe-port=8085', `--operation-mode=${mode}`, '--forceNamespaced'],
  };
}

function agentDaemonSet(mode: 'managed' | 'standard', count: number): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'podid-nmi',
      namespace: 'kube-system',
      labels: installedLabels,
      annotations: { 'podid.io/values': JSON.stringify(installedWith(mode)) },
    },
    spec: {
      selector: { matchLabels: agentSelector },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: agentLabels },
        spec: { hostNetwork: true, serviceAccountName: accountName, containers: [agentContainer(mode)] },
      },
    },
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: count,
      currentNumberScheduled: count,
      updatedNumberScheduled: count,
      numberReady: count,
      numberAvailable: count,
    },
  };
}

/** The emulator has no kernel: what an agent hands out, with the redirect alone. */
const playedRules = `# read back at 2026-12-01T08:00:00.000Z
# nft list table inet podid
table inet podid {
	chain to-agent {
		type nat hook prerouting priority dstnat - 10; policy accept;
		ip daddr 169.254.169.254 tcp dport 80 counter packets 4 bytes 240 dnat ip to 127.0.0.1:2579 comment "redirect"
	}
}

# nft list table bridge podid_guard
# ended with 1: Error: No such file or directory
`;

function agentPod(
  onNode: string,
  number: number,
  { metrics = '', log = '', mode = 'managed' }: AgentFacts,
): JsonObject {
  const answers = {
    '8085/healthz': { status: 200, text: 'Active' },
    '8085/readyz': { status: 200, text: 'Active' },
    '9090/metrics': { status: 200, text: `podid_nmi_rules_intact 1\n${metrics}`, adds: 'agent' },
    '9090/rules': { status: 200, text: playedRules },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `podid-nmi-${number}`,
      namespace: 'kube-system',
      labels: agentLabels,
      annotations: {
        'emulator.podid.io/answers': JSON.stringify(answers),
        'emulator.podid.io/log': log,
      },
    },
    spec: {
      nodeName: onNode,
      hostNetwork: true,
      serviceAccountName: accountName,
      securityContext: {},
      containers: [agentContainer(mode)],
    },
    status: {
      phase: 'Running',
      podIP: `10.224.0.${number + 4}`,
      hostIP: `10.224.0.${number + 4}`,
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}
