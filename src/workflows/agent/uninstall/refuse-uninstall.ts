import { type AgentInstallation, agentKindText } from '../../../domain/kubernetes/agent-installation.ts';
import type { AgentRelease } from '../../../domain/kubernetes/agent-values.ts';
import { advice, command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps } from '../agent-deps.ts';

/**
 * Whoever wrote it has to take it away: Helm would bring it back. A manifest holds the definitions too, and
 * with them goes every identity.
 */
export function refuseOthers(found: readonly AgentInstallation[], { namespace }: AgentRelease): void {
  for (const each of found) {
    if (each.namespace !== namespace) {
      throw new PodidError('AgentPresent', `The agent is in another namespace: ${agentKindText(each)}.`, {
        hint: command('podid nmi uninstall --namespace', each.namespace).again(),
      });
    }
    if (each.release !== undefined) {
      throw new PodidError(
        'AgentPresent',
        `${agentKindText(each)} was installed by Helm, and has to be removed by Helm.`,
        {
          hint: command('helm uninstall', each.release.name, '-n', each.release.namespace),
        },
      );
    }
    if (!each.ownedByPodid) {
      throw new PodidError('AgentPresent', `${agentKindText(each)} was not written by podid.`, {
        hint: advice`${command('kubectl delete daemonset,serviceaccount,clusterrole,clusterrolebinding -A -l app.kubernetes.io/name=podid')}  # its manifest by -f would take the definitions along, and all identities with them; then: ${command('podid nmi uninstall --clean-up-only --namespace', namespace).again()}`,
      });
    }
  }
}

export function refuseAgents([first]: readonly AgentInstallation[]): void {
  if (first === undefined) {
    return;
  }
  throw new PodidError('AgentPresent', `${agentKindText(first)} is installed, and would restore its rules.`, {
    hint: advice`Without --clean-up-only the agent goes first, and for one node that it has left: ${command('podid nmi uninstall --namespace', first.namespace, '--node', 'NAME')}`,
  });
}

export async function refuseServedNode(
  { agent }: AgentDeps,
  found: readonly AgentInstallation[],
  node: string,
  signal: AbortSignal,
): Promise<void> {
  for (const installation of found) {
    const { nodes, ending } = await agent.rollout(installation, signal);
    if (nodes.some(({ name }) => name === node) || ending.includes(node)) {
      throw new PodidError(
        'AgentPresent',
        `${agentKindText(installation)} runs on node ${node}, and would restore its rules.`,
        {
          hint: advice`Keep it off that node first (--set nmi.nodeSelector…), or take it off all: ${command('podid nmi uninstall --namespace', installation.namespace)}`,
        },
      );
    }
  }
}
