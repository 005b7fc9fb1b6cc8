import { command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { AgentPod } from '../workloads.ts';
import { makerOf } from './agent-maker.ts';

/**
 * The pods of agents, without those that a tenant can have made: what such a pod says of its node, of tokens and of who
 * asked counts for nothing.
 *
 * @throws PodidError Forbidden where it cannot be seen who can have made one
 */
export function believedAgents(agents: readonly AgentPod[]): readonly AgentPod[] {
  const unknown = agents.find((each) => makerOf(each) === 'unknown');
  if (unknown !== undefined) {
    const { namespace, daemonSet } = unknown;
    throw new PodidError(
      'Forbidden',
      `Whether DaemonSet ${namespace}/${daemonSet} is an agent that an administrator made cannot be seen: you may not list clusterrolebindings.rbac.authorization.k8s.io.`,
      { hint: command('kubectl auth can-i list clusterrolebindings.rbac.authorization.k8s.io') },
    );
  }
  return agents.filter((each) => makerOf(each) === 'administrator');
}
