import { changeAgent } from '../../domain/hints/change-agent.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { advice } from '../../errors/hint.ts';
import type { AgentDeps } from '../agent/agent-deps.ts';
import type { AskedPod } from '../load/ask-agents.ts';
import { hasSpareRight, ownPodsValues, spareRight } from './right-to-all-pods.ts';

/** Says of an agent that it has a right to the pods of all nodes which it could do without. */
export async function reportSpareRight(
  { agent, report }: AgentDeps,
  installation: AgentInstallation,
  asked: readonly AskedPod[],
  signal: AbortSignal,
): Promise<void> {
  const { namespace, serviceAccount: name, exchange } = installation;
  if (exchange?.subject !== 'workload' || !(await hasSpareRight(agent, { namespace, name }, signal))) {
    return;
  }
  const own = asked.filter(({ pod }) => pod.namespace === namespace && pod.daemonSet === installation.name);
  const { isNow, text } = spareRight(own.map(({ pod, metrics }) => ({ node: pod.nodeName, metrics })));
  const install = changeAgent(installation, ...ownPodsValues);
  report.warn(
    text,
    isNow
      ? advice`With the values that it was installed with: ${install}`
      : advice`Then, with the values that it was installed with: ${install}`,
  );
}
