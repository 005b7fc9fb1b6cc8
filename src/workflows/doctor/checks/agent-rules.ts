import type { PodAnswer } from '../../../domain/kubernetes/workloads.ts';
import { type Check, fail, listed, pass, skip, unread, warn } from '../check.ts';
import type { AgentProbe } from '../evidence.ts';
import { logsCommand } from '../logs-command.ts';

/** Whether the agents themselves say that their rules are in place and their caches full. */
export const agentRules: Check = {
  name: 'agent-rules',
  behind: ['agent'],
  judge({ agentProbes, agents }) {
    if (agents.kind === 'unread') {
      return unread(agents.error);
    }
    if (agentProbes.length === 0) {
      return skip('There is no agent to ask.');
    }
    const troubled = agentProbes.flatMap((probed) => reasons(probed));
    if (troubled.length > 0) {
      return fail(
        `An agent reports a problem: ${listed(troubled)}. Pods there may reach the node's own identity, or get no answer.`,
        logsCommand(agentProbes),
      );
    }
    // An agent whose probes listen on the node alone cannot be asked from outside; kubelet asks it.
    for (const { agent, readiness } of agentProbes) {
      if (readiness.kind === 'unread' && !agent.provesReadiness) {
        return unread(readiness.error);
      }
    }
    return agentProbes.some(({ readiness }) => readiness.kind === 'read' && readiness.value.status === 404)
      ? warn("This agent does not report whether its redirect rules are in place; podid's agent does.")
      : pass(
          `${agentProbes.length === 1 ? 'The agent reports' : 'The agents report'} that rules and caches are in place.`,
        );
  },
};

function reasons({ agent, readiness }: AgentProbe): string[] {
  if (readiness.kind === 'unread' || isFine(readiness.value)) {
    return [];
  }
  const [, ...lines] = readiness.value.text.split('\n').filter((line) => line.trim() !== '');
  const why = lines.join(' ').slice(0, 300).replace(/\.$/, '') || `HTTP ${readiness.value.status}`;
  return [`${agent.name} on ${agent.nodeName}: ${why}`];
}

/** An agent of upstream's has no such path. */
function isFine({ status }: PodAnswer): boolean {
  return status === 200 || status === 404;
}
