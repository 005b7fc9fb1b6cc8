import { nextCommand } from '../../domain/hints/next-command.ts';
import { type AgentInstallation, agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { TakeoverQuestion } from './gather-takeover.ts';
import { whereOf } from './takeover-status.ts';

/** What podid's agent is installed with, over the chart's own values. */
export type AgentSettings = NonNullable<AgentInstallation['values']>;

/** What somebody gives for it now. */
export interface GivenValues {
  /** Over what it was installed with before. @throws PodidError InvalidUsage with every fault, the want of an image among them */
  readonly over: (before: AgentSettings) => AgentSettings;
  readonly are: 'none' | 'some' | 'a whole file';
}

/**
 * An agent that is there keeps what it was installed with, and what is given now comes over it. That stands in its own
 * DaemonSet: who may write the ConfigMap of a takeover has no say in what runs on the nodes.
 *
 * @param of `isBegun`: an earlier run was given something for an agent that it may not have written
 * @throws PodidError InvalidUsage; TakeoverBlocked where nobody can say what it was installed with
 */
export function settingsOf(
  agents: readonly AgentInstallation[],
  request: TakeoverQuestion & { readonly values: GivenValues },
  of: { readonly word: 'apply' | 'rollback'; readonly isBegun: boolean },
): AgentSettings {
  const { values, cluster, namespace } = request;
  const own = ownAgent(agents, namespace);
  const why =
    own !== undefined && own.values === undefined && values.are !== 'a whole file'
      ? `${agentKindText(own)} is installed, and nothing says with which values: it would be written without them.`
      : own === undefined && of.isBegun && values.are === 'none'
        ? "podid's agent is not in the cluster, and nothing says any more with which values it is to be installed."
        : undefined;
  if (why !== undefined) {
    const where = whereOf(request);
    const again =
      of.word === 'apply'
        ? nextCommand('takeover apply', cluster, where)
        : nextCommand('takeover rollback', cluster, where);
    throw new PodidError('TakeoverBlocked', why, {
      hint: advice`${again.with('--values', 'FILE').again()}  # with a file that has all of them`,
    });
  }
  return values.over(own?.values ?? {});
}
