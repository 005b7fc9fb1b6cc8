import { type AgentInstallation, keyVaultDriverPort } from '../../../domain/kubernetes/agent-installation.ts';
import { ownAgents, unprovenAgents, unprovenText } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import type { AgentPod } from '../../../domain/kubernetes/workloads.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError, type PodidError } from '../../../errors/podid-error.ts';
import { reportSpareRight } from '../../exchange/report-spare-right.ts';
import { type AskedPod, askAgents } from '../../load/ask-agents.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { type AgentNode, nodeOf, othersOn } from './agent-node.ts';
import { type ControllerStatus, readControllerStatus } from './read-controller-status.ts';
import { reportAbsence, reportFindings } from './report-agents.ts';

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
