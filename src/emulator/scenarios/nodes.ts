import type { JsonObject } from '../exact-json.ts';
import { scaleSetId } from './machine-parts.ts';

/** Two Linux nodes, each with podid's agent: ready, its rules in place. */
export function nodes(more: AgentWords = {}): JsonObject[] {
  return [agentDaemonSet, ...[0, 1].flatMap((number) => [node(number), agentPod(number, more)])];
}

export interface AgentWords {
  /** Lines of Prometheus text that follow the agent's own. */
  readonly metrics?: string;
  readonly log?: string;
}

export function nodeName(number: number): string {
  return `aks-nodepool1-12345678-vmss${String(number).padStart(6, '0')}`;
}

function node(number: number): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName(number),
      labels: { 'kubernetes.io/os': 'linux', 'kubernetes.azure.com/agentpool': 'nodepool1' },
    },
    spec: { providerID: `azure://${scaleSetId('nodepool1')}/virtualMachines/${number}` },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { operatingSystem: 'linux', kubeletVersion: 'v1.33.5' },
    },
  };
}

const agentLabels = {
  'app.kubernetes.io/name': 'podid',
  'app.kubernetes.io/component': 'nmi',
  component: 'nmi',
};
const agentContainer = {
  name: 'nmi',
  image: 'podid:0.1.0',
  command: ['podid-nmi'],
  args: ['--node=$(NODE_NAME)', '--http-probe-port=8085', '--operation-mode=managed', '--forceNamespaced'],
};

const agentDaemonSet: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'podid-nmi', namespace: 'kube-system', labels: agentLabels },
  spec: {
    selector: { matchLabels: agentLabels },
    template: {
      metadata: { labels: agentLabels },
      spec: { hostNetwork: true, containers: [agentContainer] },
    },
  },
  status: { desiredNumberScheduled: 2, numberReady: 2 },
};

function agentPod(number: number, { metrics = '', log = '' }: AgentWords): JsonObject {
  const answers = {
    '8085/healthz': { status: 200, text: 'Active' },
    '8085/readyz': { status: 200, text: 'Active' },
    '9090/metrics': { status: 200, text: `podid_nmi_rules_intact 1\n${metrics}` },
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
    spec: { nodeName: nodeName(number), hostNetwork: true, containers: [agentContainer] },
    status: {
      phase: 'Running',
      podIP: `10.224.0.${number + 4}`,
      hostIP: `10.224.0.${number + 4}`,
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}
