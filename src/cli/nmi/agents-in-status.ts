import { counted } from '../../domain/counted.ts';
import { refusalText } from '../../domain/load/refusals.ts';
import { type Command, command } from '../../errors/hint.ts';
import type { AgentSummary, NodeSummary } from '../../workflows/addon/summarize-agents.ts';
import type { LastRefusal, LastRefusals } from '../../workflows/load/last-refusals.ts';
import type { RecordLine } from '../results/record-text.ts';

/** The agents as `podid status --agent` prints them. */
export interface AgentView extends Omit<AgentSummary, 'refusals'> {
  /** Newest first; null where no agent could be asked. */
  readonly refusals: readonly RefusalView[] | null;
  /** Since when agents remember refusals; null: none of them said. */
  readonly recordSince: string | null;
  readonly unheard: LastRefusals['unheard'];
}

interface RefusalView extends LastRefusal {
  /** The reason in words. */
  readonly message: string;
  /** What looks further. */
  readonly next: Command;
}

/** Members in the documented order. */
export function agentView({ refusals, ...summary }: AgentSummary): AgentView {
  const { installed, version, mode, nodes, ready, byNode } = summary;
  return {
    installed,
    version,
    mode,
    nodes,
    ready,
    byNode: byNode.map(({ name, ready: isReady, reason }) => ({ name, ready: isReady, reason })),
    refusals: refusals?.pods.map(refusalView) ?? null,
    recordSince: refusals?.since ?? null,
    unheard: refusals?.unheard ?? [],
  };
}

function refusalView({ namespace, name, node, reason, lastAsked, gone }: LastRefusal): RefusalView {
  const message = refusalText(reason);
  // Of a pod that is gone the doctor sees nothing.
  const next =
    gone === true
      ? command('podid doctor --namespace', namespace)
      : command('podid doctor --namespace', namespace, '--pod', name);
  return { namespace, name, node, reason, message, lastAsked, gone, next };
}

/** Of `--watch`: pods that go on being refused are no change. */
export function withoutTimes({ refusals, recordSince, ...rest }: AgentView): unknown {
  const pods = refusals?.map(({ namespace, name, reason }) => `${namespace}/${name} ${reason}`);
  return { ...rest, refusals: pods?.toSorted() };
}

/** @param agent as a table has it: commands are texts already */
export function agentLines(agent: AgentView): readonly RecordLine[] {
  const isWell = agent.installed && agent.ready !== null && agent.ready === agent.nodes;
  const lines = [['agent', agentText(agent), isWell ? 'green' : 'yellow'] as const];
  return agent.installed ? [...lines, ...nodeLines(agent.byNode), ...refusalLines(agent)] : lines;
}

function agentText({ installed, version, mode, nodes, ready }: AgentView): string {
  return installed ? `${version}, mode ${mode}, ${whereText(nodes, ready)}` : 'not installed';
}

function whereText(nodes: number | null, ready: number | null): string {
  if (ready === null) {
    return nodes === null
      ? 'unknown on which nodes it is ready'
      : `unknown on which of ${nodes} nodes it is ready`;
  }
  return nodes === null
    ? `ready on ${counted(ready, 'node', 'nodes')}, unknown of how many`
    : `ready on ${ready} of ${nodes} nodes`;
}

/** Each of a few nodes; of many those where something is wrong, those of one reason in one line. */
function nodeLines(byNode: readonly NodeSummary[]): RecordLine[] {
  const known = byNode.filter(({ ready }) => ready !== null);
  if (known.length <= fewNodes) {
    return known.map((node) => [
      'node',
      nodesText([node.name], stateOf(node)),
      isWell(node) ? 'green' : 'yellow',
    ]);
  }
  const byState = new Map<string, string[]>();
  for (const node of known.filter((each) => !isWell(each))) {
    const names = byState.get(stateOf(node)) ?? [];
    names.push(node.name);
    byState.set(stateOf(node), names);
  }
  const most = [...byState].toSorted(([, one], [, other]) => other.length - one.length);
  const left = most.slice(mostStates).reduce((sum, [, names]) => sum + names.length, 0);
  return [
    ...most
      .slice(0, mostStates)
      .map(([state, names]) => ['node', nodesText(names, state), 'yellow'] as const),
    ...(left > 0
      ? [['', `and ${left} more for other reasons: see podid nmi status`, 'yellow'] as const]
      : []),
  ];
}

const fewNodes = 3;
const mostStates = 3;
const mostNames = 2;

function isWell({ ready, reason }: NodeSummary): boolean {
  return ready === true && reason === '';
}

function stateOf({ ready, reason }: NodeSummary): string {
  return [ready ? 'ready' : 'not ready', reason].filter((each) => each !== '').join(': ');
}

/** `aks-1, aks-2 and 8 more: not ready: no agent`. */
function nodesText(names: readonly string[], state: string): string {
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${state}`;
}

function refusalLines({ refusals, recordSince, unheard, ready, nodes }: AgentView): RecordLine[] {
  if (refusals === null) {
    return ready === null ? [['refused', "unknown: the agents' pods may not be listed", 'yellow']] : [];
  }
  const newest = refusals.find(({ gone }) => gone !== true) ?? refusals[0];
  const none: RecordLine = ['refused', `none since ${timeText(recordSince ?? '')}`, 'green'];
  const [first] = unheard;
  const on =
    nodes === null ? counted(unheard.length, 'node', 'nodes') : `${unheard.length} of ${nodes} nodes`;
  const unknown = `unknown on ${on}: ${first?.why}`;
  return [
    ...(refusals.length === 0 && recordSince !== null ? [none] : []),
    ...refusals.map((each): RecordLine => ['refused', refusedText(each), 'yellow']),
    ...(first === undefined ? [] : [['refused', unknown, 'yellow'] as const]),
    ...(newest === undefined ? [] : [['next', newest.next] as const]),
  ];
}

function refusedText({ namespace, name, message, lastAsked, gone }: RefusalView): string {
  const isGone = gone === true ? ' (the pod is gone)' : '';
  return `${namespace}/${name}${isGone}, ${timeText(lastAsked)}: ${message}`;
}

/** @param time RFC 3339, in UTC */
function timeText(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
