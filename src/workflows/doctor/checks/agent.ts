import { counted } from '../../../domain/counted.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { agentKindText } from '../../../domain/kubernetes/agent-installation.ts';
import { makerOf } from '../../../domain/kubernetes/own-agents/agent-maker.ts';
import { unprovenAgents, unprovenText } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import { nodeWithTaints } from '../../../domain/kubernetes/taints.ts';
import type { AgentPod, ClusterNode } from '../../../domain/kubernetes/workloads.ts';
import { advice, command } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, skip, type Verdict, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { nodesInQuestion } from '../gather/nodes-in-question.ts';
import { withAddonToo } from '../mend.ts';
import { readOr } from '../probe.ts';

/** Whether each node in question has one agent, and it is ready. */
export const agent: Check = {
  name: 'agent',
  behind: [],
  judge: (evidence) =>
    judging(evidence.agents, (agents) =>
      judging(evidence.nodes, () => judgeNodes(agents, nodesInQuestion(evidence) ?? [], evidence)),
    ),
};

function judgeNodes(agents: readonly AgentPod[], nodes: readonly ClusterNode[], evidence: Evidence): Verdict {
  const { subject, cluster: inAzure } = evidence;
  const { cluster } = subject;
  const addonIsOn = inAzure.kind === 'read' ? inAzure.value.profile.enabled : undefined;
  if (nodes.length === 0) {
    return skip('The cluster has no ready Linux node.');
  }
  const on = ({ name }: ClusterNode) => agents.filter(({ nodeName }) => nodeName === name);
  const without = nodes.filter((node) => on(node).length === 0);
  const unready = nodes.filter((node) => on(node).length > 0 && !on(node).some(({ ready }) => ready));
  const installed = evidence.podless === undefined ? [] : readOr(evidence.podless, []);
  const podless = installed.find((each) => makerOf(each) === 'administrator');
  const unproven = unprovenAgents(installed).map((each) => ` ${unprovenText(each)}`);
  if (podless !== undefined) {
    return fail(
      `No node has a pod of ${agentKindText(podless)}. Pods reach the metadata service of the node itself.`,
      command('kubectl describe daemonset -n', podless.namespace, podless.name),
    );
  }
  if (agents.length === 0) {
    return fail(
      `The cluster has no agent: no DaemonSet of podid, of the add-on or of aad-pod-identity.${unproven.join('')} Pods reach the metadata service of the node itself.`,
      withAddonToo(nextCommand('nmi install', cluster), evidence),
    );
  }
  if (without.length > 0) {
    const tolerations = agents[0]?.tolerations ?? [];
    return fail(
      `No agent runs on ${listed(without.map((node) => nodeWithTaints(node, tolerations)))}: pods there reach the metadata service of the node itself.`,
      command('kubectl describe daemonset -n', agents[0]?.namespace ?? '', agents[0]?.daemonSet ?? ''),
    );
  }
  if (unready.length > 0) {
    const [first] = unready.flatMap(on);
    return fail(
      `The agent on ${listed(unready.map(({ name }) => name))} is not ready: token requests there fail.`,
      command('kubectl describe pod -n', first?.namespace ?? '', first?.name ?? ''),
    );
  }
  const doubled = nodes.filter((node) => on(node).filter(({ ready }) => ready).length > 1);
  if (doubled.length > 0) {
    return warn(
      `Two agents run on ${listed(doubled.map(({ name }) => name))}: ${listed([...new Set(doubled.flatMap(on).map((each) => `${each.namespace}/${each.daemonSet}`))])}. The one whose rule comes first answers.`,
      // Where the add-on is off already, disabling it would change nothing.
      addonIsOn === false
        ? advice`Take the other one's place: ${nextCommand('nmi install', cluster, { force: true })}; or: ${nextCommand('nmi uninstall', cluster)}`
        : advice`Remove one of them: ${nextCommand('nmi uninstall', cluster)}; or the add-on: ${nextCommand('disable', cluster)}`,
    );
  }
  return pass(`A ready agent on ${counted(nodes.length, 'node')}.`);
}
