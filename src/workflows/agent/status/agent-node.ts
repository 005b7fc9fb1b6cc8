import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import type { AgentPod } from '../../../domain/kubernetes/workloads.ts';
import { labelsOf, sampleOf, sumOf } from '../../doctor/agent-metrics.ts';
import { type AgentExchange, exchangeOfAgent } from '../../doctor/exchange-of-agent.ts';
import { type AgentHold, holdOfAgent } from '../../doctor/hold-of-agent.ts';
import type { AskedPod } from '../../load/ask-agents.ts';

/** How one node stands. Members are in the documented order. */
export interface AgentNode {
  readonly name: string;
  readonly ready: boolean;
  /** Read back by the agent as they should be. */
  readonly rules: 'verified' | 'missing' | 'unknown';
  readonly addressGuard: 'active' | 'inactive' | 'unknown';
  /** AzureIdentities by where this agent gets their tokens from; null where it could not be asked. */
  readonly identities: AgentExchange['identities'] | null;
  /** Whether it can get tokens by exchange. */
  readonly exchange: AgentExchange['state'];
  /** Code of its last failure at Entra, where no token came since; else empty. */
  readonly exchangeFailure: string;
  /**
   * What it would serve on without the kinds, during a takeover from the add-on; `none` at all other times, and `unknown`
   * where it could not be asked.
   */
  readonly hold: AgentHold['state'];
  /** SHA-256 of the objects; empty where the state names none. */
  readonly holdSha256: string;
  /** Empty where no agent of podid's runs. */
  readonly version: string;
  /** Whose agents run there beside podid's: `aks-addon`, `aad-pod-identity`. */
  readonly otherAgents: readonly string[];
}

interface Around {
  readonly voices: readonly AskedPod[];
  readonly installation: AgentInstallation | undefined;
  readonly others: readonly string[];
}

export function nodeOf(name: string, { voices, installation, others }: Around): AgentNode {
  const voice = voices.find(({ pod }) => pod.nodeName === name);
  if (voice === undefined) {
    return {
      name,
      ready: false,
      rules: 'unknown',
      addressGuard: 'unknown',
      identities: null,
      exchange: 'unknown',
      exchangeFailure: '',
      hold: 'unknown',
      holdSha256: '',
      version: '',
      otherAgents: others,
    };
  }
  const { metrics, pod } = voice;
  const build = metrics === undefined ? undefined : labelsOf(metrics, 'podid_nmi_build_info');
  const is = (metric: string) => metrics !== undefined && sumOf(metrics, metric, {}) === 1;
  const guard = is('podid_nmi_address_guard_active') ? 'active' : 'inactive';
  const { state, failure, identities } = exchangeOfAgent(metrics);
  const hold = holdOfAgent(metrics);
  // Who may not ask the agent may still see that the kubelet asks it whether its rules are there.
  const unasked = pod.ready && pod.provesReadiness ? 'verified' : 'unknown';
  return {
    name,
    ready: pod.ready,
    rules: metrics === undefined ? unasked : rulesOf(metrics),
    addressGuard: metrics === undefined ? 'unknown' : guard,
    identities: state === 'unknown' ? null : identities,
    exchange: state,
    exchangeFailure: failure,
    hold: hold.state,
    holdSha256: hold.sha256,
    version: build?.get('version') ?? installation?.version ?? '',
    otherAgents: others,
  };
}

/** An agent that keeps no rules, such as behind Cilium's redirect, says nothing of them. */
function rulesOf(metrics: string): AgentNode['rules'] {
  const intact = sampleOf(metrics, 'podid_nmi_rules_intact');
  return intact === undefined ? 'unknown' : intact === 1 ? 'verified' : 'missing';
}

const whose = { addon: 'aks-addon', upstream: 'aad-pod-identity', podid: 'podid' } as const;

export function othersOn(
  node: string,
  others: readonly AgentInstallation[],
  pods: readonly AgentPod[],
): readonly string[] {
  const there = others.filter(({ namespace, name }) =>
    pods.some((pod) => pod.nodeName === node && pod.namespace === namespace && pod.daemonSet === name),
  );
  return [...new Set(there.map(({ kind }) => whose[kind]))];
}
