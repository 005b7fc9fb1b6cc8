import { changeAgent } from '../../domain/hints/change-agent.ts';
import type { TaintedNode } from '../../domain/kubernetes/agent-cluster.ts';
import {
  type AgentInstallation,
  agentKindText,
  keyVaultDriverPort,
} from '../../domain/kubernetes/agent-installation.ts';
import { ownAgents, unprovenAgents, unprovenText } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { nodeWithTaints } from '../../domain/kubernetes/taints.ts';
import type { AgentPod } from '../../domain/kubernetes/workloads.ts';
import { advice, command, othersText } from '../../errors/hint.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import { labelsOf, sampleOf, sumOf } from '../doctor/agent-metrics.ts';
import {
  type AgentExchange,
  exchangeGuardValues,
  exchangeOfAgent,
  unguardedText,
} from '../doctor/exchange-of-agent.ts';
import { type AgentHold, holdOfAgent } from '../doctor/hold-of-agent.ts';
import { reportSpareRight } from '../exchange/report-spare-right.ts';
import { type AskedPod, askAgents } from '../load/ask-agents.ts';
import type { AgentDeps } from './agent-deps.ts';
import { chooseWay, type WayAsked } from './choose-way.ts';
import { type ControllerStatus, readControllerStatus } from './read-controller-status.ts';

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

export interface AgentStatus {
  readonly installed: boolean;
  /** Empty when it is not installed. */
  readonly version: string;
  readonly mode: 'managed' | 'standard' | '';
  /** Absent in managed mode, and where it may not be read. */
  readonly controller?: ControllerStatus;
  /** Whether nodes were listed. Where not, `nodes` are those of agents' pods: there may be others, without an agent. */
  readonly nodesRead: boolean;
  readonly nodes: readonly AgentNode[];
}

export interface SeenStatus {
  readonly status: AgentStatus;
  readonly installation: AgentInstallation | undefined;
  readonly podsPort: number;
  /** Each pod of podid's agents; undefined where they may not be listed. */
  readonly asked: readonly AskedPod[] | undefined;
  /** Why nodes, or the agents' pods, may not be listed: `nodes` of the status are not all then, or not as they are. */
  readonly unlisted: readonly PodidError[];
}

export interface StatusQuestion {
  /** Where podid's agent is looked for first. */
  readonly namespace: string;
  /** What Azure says of the add-on; undefined where it cannot be asked. */
  readonly addonState: (signal: AbortSignal) => Promise<'on' | 'off' | undefined>;
  /** For how long agents are asked, all together; absent: until each has answered, or the way to it has failed. */
  readonly patienceMs?: number;
}

/**
 * Reads every node and changes nothing. What may not be read is unknown, and reported once with the API server's own
 * sentence and the right that is missing.
 *
 * @throws PodidError Forbidden when not even DaemonSets may be listed | ClusterUnreachable
 */
export async function readAgentStatus(
  deps: AgentDeps,
  { namespace, addonState, patienceMs }: StatusQuestion,
  signal: AbortSignal,
): Promise<SeenStatus> {
  const { agent, workloads, report } = deps;
  report.progress('Looking for agents and nodes');
  const found = await agent.installations(namespace, signal);
  const own = ownAgents(found, namespace);
  const installation = own.find((each) => each.namespace === namespace) ?? own[0];
  const unlisted: PodidError[] = [];
  const [nodes, listed] = await Promise.all([
    orWarn(deps, () => agent.taintedNodes(signal), undefined, {
      missed: unlisted,
      meaning: 'Nodes without an agent are not shown.',
    }),
    orWarn(deps, () => workloads.agents(signal), undefined, { missed: unlisted }),
  ]);
  const pods = listed ?? [];
  const voices = await askAgents(deps, { pods: podsOf(own, pods), installation, patienceMs }, signal);
  const names = new Set([
    ...(nodes ?? []).filter(({ takesAgent }) => takesAgent).map(({ name }) => name),
    ...pods.map(({ nodeName }) => nodeName).filter((name) => name !== ''),
  ]);
  const others = found.filter(({ kind }) => kind !== 'podid');
  const rows = [...names]
    .toSorted()
    .map((name) => nodeOf(name, { voices, installation, others: othersOn(name, others, pods) }));
  for (const unproven of unprovenAgents(found, namespace)) {
    report.warn(
      `${unprovenText(unproven)} It is not taken for podid's agent.`,
      advice`If it is: ${command('podid nmi status --namespace', unproven.namespace).again()}`,
    );
  }
  if (installation === undefined) {
    const isAsked = others.some(({ kind }) => kind === 'addon');
    const addon = isAsked ? await orWarn(deps, () => addonState(signal), undefined) : undefined;
    reportAbsence(deps, others, { namespace, addon });
  } else {
    reportFindings(deps, { installation, own, rows, nodes, isListed: listed !== undefined });
    await reportSpareRight(deps, installation, voices, signal);
  }
  const isStandard = installation !== undefined && (installation.mode ?? 'standard') === 'standard';
  const controller = isStandard
    ? await orWarn(deps, () => readControllerStatus(deps, installation.namespace, signal), undefined)
    : undefined;
  return {
    installation,
    podsPort: installation?.port ?? keyVaultDriverPort,
    asked: listed === undefined ? undefined : voices,
    unlisted,
    status: {
      installed: installation !== undefined,
      version: installation?.version ?? '',
      mode: installation === undefined ? '' : (installation.mode ?? 'standard'),
      ...(controller === undefined ? {} : { controller }),
      nodesRead: nodes !== undefined,
      nodes: rows,
    },
  };
}

/** With partial rights some of it stays unknown; that is reported, and the rest is shown. @param missed gets why */
async function orWarn<Value>(
  { report }: AgentDeps,
  read: () => Promise<Value>,
  otherwise: Value,
  { missed, meaning = '' }: { readonly missed?: PodidError[]; readonly meaning?: string } = {},
): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    const said = error.details.map(({ message }) => message);
    report.warn([error.message, ...said, meaning].join(' ').trimEnd(), error.hint);
    missed?.push(error);
    return otherwise;
  }
}

function podsOf(installations: readonly AgentInstallation[], pods: readonly AgentPod[]): readonly AgentPod[] {
  return pods.filter((pod) =>
    installations.some(({ namespace, name }) => pod.namespace === namespace && pod.daemonSet === name),
  );
}

interface Around {
  readonly voices: readonly AskedPod[];
  readonly installation: AgentInstallation | undefined;
  readonly others: readonly string[];
}

function nodeOf(name: string, { voices, installation, others }: Around): AgentNode {
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

function othersOn(
  node: string,
  others: readonly AgentInstallation[],
  pods: readonly AgentPod[],
): readonly string[] {
  const there = others.filter(({ namespace, name }) =>
    pods.some((pod) => pod.nodeName === node && pod.namespace === namespace && pod.daemonSet === name),
  );
  return [...new Set(there.map(({ kind }) => whose[kind]))];
}

interface Findings {
  readonly installation: AgentInstallation;
  readonly own: readonly AgentInstallation[];
  readonly rows: readonly AgentNode[];
  /** Undefined where they may not be listed. */
  readonly nodes: readonly TaintedNode[] | undefined;
  /** Whether the agents' pods may be listed: else it is unknown which node has none. */
  readonly isListed: boolean;
}

/** The way to install it is the one that `podid nmi install` names beside the same agents. */
function reportAbsence(
  { report }: AgentDeps,
  others: readonly AgentInstallation[],
  asked: Pick<WayAsked, 'namespace' | 'addon'>,
): void {
  const there = others.map(agentKindText).join(' and ');
  if (there === '') {
    report.note(advice`podid's agent is not installed. To install it: ${command('podid nmi install')}`);
    return;
  }
  try {
    chooseWay(others, { ...asked, alongside: false, force: false });
  } catch (error) {
    if (!isPodidError(error, 'AgentPresent') || error.hint === undefined) {
      throw error;
    }
    report.note(advice`podid's agent is not installed; the nodes run ${othersText(there)}. ${error.hint}`);
  }
}

function reportFindings({ report }: AgentDeps, { installation, own, rows, nodes, isListed }: Findings): void {
  if (own.length > 1) {
    report.warn(`podid's agent is installed ${own.length} times: ${own.map(agentKindText).join(', ')}.`);
  }
  const without = rows.filter(({ version }) => version === '').map(({ name }) => name);
  if (without.length > 0 && isListed) {
    const named = without.slice(0, 5).map((name) => {
      const { taints = [] } = nodes?.find((node) => node.name === name) ?? {};
      return nodeWithTaints({ name, taints }, installation.tolerations);
    });
    report.warn(
      `${without.length === 1 ? '1 node has' : `${without.length} nodes have`} no agent. Unless something else blocks 169.254.169.254, pods there can use the node's own identities: ${named.join(', ')}.`,
      advice`Let the agent onto them (nmi.nodeSelector, nmi.tolerations); rules that one left there go with: ${command('podid nmi uninstall --namespace', installation.namespace, '--node', 'NAME')}`,
    );
  }
  if (!installation.bootGuard && (nodes === undefined || rows.length + nodes.length > 0)) {
    report.warn(
      'Open at boot: after a reboot, pods can use the identities of their node until the agent has started.',
      advice`With the values that it was installed with: ${changeAgent(installation, 'podid.bootGuard.enabled=true')}; or use the IMDS restriction of AKS, if your cluster has that feature`,
    );
  }
  const unguarded = rows.filter(({ exchange }) => exchange === 'unguarded').map(({ name }) => name);
  if (unguarded.length > 0) {
    report.warn(
      unguardedText(unguarded),
      advice`With the values that it was installed with: ${changeAgent(installation, ...exchangeGuardValues)}`,
    );
  }
  if (installation.port !== keyVaultDriverPort) {
    report.warn(
      `The agent listens at port ${installation.port}, and the Key Vault CSI driver always uses ${keyVaultDriverPort}: pods that mount secrets with usePodIdentity do not reach this agent.`,
    );
  }
}
