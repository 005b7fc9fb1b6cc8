import { nextCommand } from '../../../domain/hints/next-command.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import type { Hint } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { AgentNode } from '../../agent/status/agent-node.ts';
import { readAgentStatus } from '../../agent/status/read-agent-status.ts';
import { wayToAsk } from '../../load/ask-agents.ts';
import { agentDepsOf, type TakeoverRun } from '../takeover-run.ts';
import { whereOf } from '../takeover-status.ts';

/** Whether an agent is as it should be. */
type WantedAgent = (node: AgentNode) => boolean;

/**
 * Waits until every node that an agent belongs on has one of podid's that is as `wanted`. One that refuses a hold gets
 * some time: it looks again twice a minute, and may not have seen a newer one yet.
 *
 * @param wanted `anew`: what that is, for each look
 * @param what completes "Not every agent …"
 * @param why completes the message of the failure
 * @throws PodidError AgentNotReady, naming the nodes; Forbidden where nodes, or the agents' pods, may not be listed, so that
 * one without an agent would not be seen, and where an agent that is ready may not be asked
 */
export async function untilAgents(
  run: TakeoverRun,
  what: string,
  wanted: WantedAgent | { readonly anew: () => Promise<WantedAgent> },
  why: () => Promise<string> = async () => '',
): Promise<void> {
  const { deps, request } = run;
  const { timeoutMs, intervalMs, signal } = request.wait;
  const deadline = startDeadline(deps.clock, timeoutMs, signal);
  const waiting = {};
  const patience = startDeadline(deps.clock, Math.min(timeoutMs, refusingMs), signal);
  for (;;) {
    const quiet = { ...deps.report, note: () => undefined, warn: () => undefined };
    const of = { ...agentDepsOf(run), report: quiet };
    const { status, unlisted, asked, installation } = await readAgentStatus(
      of,
      { namespace: request.namespace, addonState: async () => undefined },
      signal,
    );
    const [unseen] = unlisted;
    if (unseen !== undefined) {
      throw unseenError(what, unseen, unseen.hint);
    }
    const isWanted = typeof wanted === 'function' ? wanted : await wanted.anew();
    const lacking = status.nodes.filter((node) => !isWanted(node));
    if (status.nodes.length > 0 && lacking.length === 0) {
      return;
    }
    const unasked = asked?.find(
      ({ pod, refusal }) =>
        refusal !== undefined && lacking.some(({ name, ready }) => ready && name === pod.nodeName),
    );
    if (unasked?.refusal !== undefined) {
      throw unseenError(what, unasked.refusal, wayToAsk(unasked.refusal, installation));
    }
    const refused = lacking.find(({ hold }) => hold === 'refused');
    if (deadline.passed() || (refused !== undefined && patience.passed())) {
      const names = lacking.slice(0, 5).map(({ name, hold }) => `${name} (ready, hold: ${hold})`);
      throw new PodidError(
        'AgentNotReady',
        `Not every agent ${what}: ${status.nodes.length === 0 ? 'there is none' : names.join(', ')}.${await why()}`,
        { hint: nextCommand('nmi status', request.cluster, whereOf(request)) },
      );
    }
    deps.report.progress(
      `${status.nodes.length - lacking.length} of ${status.nodes.length} agents: ${what}`,
      {
        wait: waiting,
      },
    );
    await deadline.pause(intervalMs);
  }
}

/** Waiting does not help who may not look. */
function unseenError(what: string, cause: PodidError, hint: Hint | undefined): PodidError {
  const { message, details } = cause;
  return new PodidError('Forbidden', `Nobody can see whether every agent ${what}. ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    details,
    cause,
  });
}

const refusingMs = 10 * 60_000;
