import type { AgentCluster } from '../../../src/domain/kubernetes/agent-cluster.ts';
import type { AgentInstallation } from '../../../src/domain/kubernetes/agent-installation.ts';
import type { AgentPod, Workloads } from '../../../src/domain/kubernetes/workloads.ts';
import type { StandardMode } from '../../../src/domain/standard-mode/controller.ts';
import type { AgentDeps } from '../../../src/workflows/agent/agent-deps.ts';

export interface FakePlace extends AgentDeps {
  /** Notes and warnings, with their hints. */
  readonly messages: string[];
}

/** A place in which nothing is but what is given; everything else fails the test. */
export function fakePlace(
  agent: Partial<AgentCluster>,
  workloads: Partial<Workloads> = {},
  standardMode: Partial<StandardMode> = {},
): FakePlace {
  const messages: string[] = [];
  let now = 0;
  const missing = (what: string) =>
    new Proxy(
      {},
      {
        get: (_, member) => () => {
          throw new Error(`nobody expected ${what}.${String(member)}`);
        },
      },
    );
  return {
    agent: Object.assign(Object.create(missing('agent')), agent) as AgentCluster,
    workloads: Object.assign(Object.create(missing('workloads')), workloads) as Workloads,
    standardMode: Object.assign(Object.create(missing('standardMode')), standardMode) as StandardMode,
    clock: {
      now: () => now,
      monotonic: () => now,
      random: () => 0.5,
      sleep: async (ms) => {
        now += Number.isFinite(ms) ? ms : 0;
      },
    },
    report: {
      progress: () => undefined,
      note: (text) => messages.push(String(text)),
      warn: (text, hint) => messages.push(`${text} ${hint ?? ''}`),
    },
    confirm: async () => true,
    messages,
  };
}

export function installation(more: Partial<AgentInstallation> = {}): AgentInstallation {
  return {
    ...{
      kind: 'podid',
      namespace: 'kube-system',
      name: 'podid-nmi',
      image: 'registry.example.net/podid:0.1.0',
    },
    ...{ imagePullPolicy: 'IfNotPresent', imagePullSecrets: [], ownedByPodid: true, version: '0.1.0' },
    ...{
      mode: 'managed',
      port: 2579,
      metricsPort: 9090,
      rulesBackend: 'nft',
      bootGuard: true,
      tolerations: [],
      serviceAccount: 'podid-nmi',
    },
    selector: { 'app.kubernetes.io/name': 'podid' },
    ...more,
  };
}

export function agentPod(nodeName: string, more: Partial<AgentPod> = {}): AgentPod {
  return {
    ...{ namespace: 'kube-system', name: `podid-nmi-${nodeName}`, daemonSet: 'podid-nmi', nodeName },
    ...{ ready: true, container: 'serve', probePort: 8085, metricsPort: 9090, provesReadiness: true },
    ...{ ofAddon: false, needsMic: false, tolerations: [] },
    ...more,
  };
}
