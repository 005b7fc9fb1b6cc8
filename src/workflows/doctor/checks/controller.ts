import type { ClusterId } from '../../../domain/clusters/cluster.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { AgentPod } from '../../../domain/kubernetes/workloads.ts';
import {
  type ControllerLock,
  type ControllerPod,
  standingOf,
} from '../../../domain/standard-mode/controller.ts';
import { type Command, command } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import type { Evidence, StandardEvidence } from '../evidence.ts';
import { readOr } from '../probe.ts';
import { waitsForController } from '../standard-mode.ts';

/** Whether, in standard mode, somebody leads who assigns identities. */
export const controller: Check = {
  name: 'controller',
  behind: [],
  judge: (evidence) =>
    judging(evidence.agents, () =>
      evidence.standard === undefined
        ? pass('The agents are in managed mode, which needs no controller.')
        : judgeStandard(evidence, evidence.standard),
    ),
};

function judgeStandard(evidence: Evidence, { controllers, locks, readMs }: StandardEvidence): Verdict {
  return judging(locks, (held) => {
    const { leading, isAbsent } = standingOf(readOr(controllers, []), held, readMs);
    const [leader, ...others] = leading;
    if (leader === undefined) {
      return judging(controllers, (pods) => (isAbsent ? nobody(evidence) : noLeader(pods, held, readMs)));
    }
    if (others.length > 0) {
      const upstream = readOr(controllers, []).find(({ program }) => program === 'aad-pod-identity');
      return warn(
        `Two controllers hold a lock: ${listed([leader, ...others].map(holderText))}. podid-mic stands by while aad-pod-identity's MIC holds its own.`,
        upstream && command('kubectl describe pod -n', upstream.namespace, upstream.name),
      );
    }
    return pass(
      `${leader.program === 'podid-mic' ? 'podid-mic' : "aad-pod-identity's MIC"} leads: ${holderText(leader)}.`,
    );
  });
}

function holderText({ holder, place }: ControllerLock): string {
  return `${holder} (${place})`;
}

/** No pod of a controller, and no lock that anybody holds. */
function nobody({ agents, cluster, subject }: Evidence): Verdict {
  const waiting = readOr(agents, []).filter((agent) => waitsForController(agent, { cluster }));
  const [first] = waiting;
  const daemonSet = first === undefined ? '' : ` (DaemonSet ${first.namespace}/${first.daemonSet})`;
  return fail(
    `The agent on ${listed(waiting.map(({ nodeName }) => nodeName))}${daemonSet} runs in standard mode, and the cluster has no controller (podid-mic, or aad-pod-identity's MIC), which would assign the identities: pods there get no token for what is bound now.`,
    installing(first, subject.cluster),
  );
}

/** podid's own release gets a controller, one of upstream's or of the add-on is replaced by podid's with one. */
function installing(agent: AgentPod | undefined, cluster: ClusterId): Command {
  const isOwn = agent?.provesReadiness === true && !agent.ofAddon;
  return nextCommand('nmi install', cluster, {
    ...(isOwn ? { namespace: agent.namespace } : { force: true }),
    set: 'operationMode=standard',
  });
}

function noLeader(pods: readonly ControllerPod[], held: readonly ControllerLock[], readMs: number): Verdict {
  const unready = pods.filter(({ ready }) => !ready);
  const last = held.map((lock) => lastText(lock, readMs));
  const [first] = unready.length > 0 ? unready : pods;
  const states = unready.length === 0 ? '' : ` Not ready: ${listed(unready.map(podText))}.`;
  return fail(
    `No controller leads, so that no pod is assigned an identity now: ${last.length === 0 ? 'nobody has taken the lease kube-system/podid-mic' : listed(last)}.${states}`,
    unready.length > 0
      ? command('kubectl describe pod -n', first?.namespace ?? '', first?.name ?? '')
      : command('kubectl logs -n', first?.namespace ?? '', first?.name ?? ''),
  );
}

function lastText({ holder, place, renewedMs }: ControllerLock, readMs: number): string {
  return holder === ''
    ? `the ${place} was given back`
    : `${holder} has not renewed the ${place} for ${Math.round((readMs - renewedMs) / 1000)} s`;
}

function podText({ namespace, name }: ControllerPod): string {
  return `${namespace}/${name}`;
}
