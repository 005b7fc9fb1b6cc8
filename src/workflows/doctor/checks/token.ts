import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { decisionsFor, lastOf } from '../agent-decisions.ts';
import { sumOf } from '../agent-metrics.ts';
import { type Check, fail, pass, skip, unread, type Verdict, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { logsCommand } from '../logs-command.ts';
import { readOr } from '../probe.ts';

const operations = 'aadpodidentity_nmi_operations_duration_seconds_count';

/** Whether tokens were given: by the agent's log for a pod, by its numbers for a namespace. */
export const token: Check = {
  name: 'token',
  behind: [
    ...[
      'identities',
      'label',
      'selector',
      'exchange',
      'exceptions',
      'host-network',
      'node-os',
      'network-policy',
    ],
    ...['node-identities', 'node-machines', 'assignments', 'agent-rules', 'imds'],
  ],
  judge(evidence) {
    const { agentProbes, agents } = evidence;
    if (agents.kind === 'unread') {
      return unread(agents.error);
    }
    if (agentProbes.length === 0) {
      return skip('There is no agent to ask.');
    }
    return byLog(evidence) ?? byNumbers(evidence);
  },
};

/** The last decision about each pod asked for; undefined where the log says nothing about them. */
function byLog({ subject, pods, agentProbes }: Evidence): Verdict | undefined {
  if ((subject.pod === undefined && subject.deployment === undefined) || pods.kind === 'unread') {
    return undefined;
  }
  const log = agentProbes.map(({ log }) => (log.kind === 'read' ? log.value : '')).join('\n');
  const last = pods.value.flatMap((pod) => lastOf(decisionsFor(log, pod)) ?? []);
  const refused = last.find(({ status }) => status >= 400);
  if (refused !== undefined) {
    const why = refused.reason === '' ? '' : `, reason ${refused.reason}`;
    return fail(
      `The agent's last answer to ${refused.pod} was HTTP ${refused.status}${why}, for ${refused.resource || 'no resource'}.`,
      advice`${logsCommand(agentProbes)} | ${command('grep -F --', refused.pod)}; the answer to the pod has the full reason`,
    );
  }
  const [given] = last;
  return given && pass(`The agent gave ${given.pod} a token for ${given.resource}.`);
}

function byNumbers(evidence: Evidence): Verdict {
  const { subject, agentProbes } = evidence;
  const { namespace } = subject;
  const where = namespace === undefined ? 'in the cluster' : `in namespace ${namespace}`;
  const counts = { given: 0, refused: 0 };
  for (const { metrics } of agentProbes) {
    if (metrics.kind === 'unread') {
      return unread(metrics.error);
    }
    const labels = { operation_type: 'msi', ...(namespace === undefined ? {} : { namespace }) };
    const all = sumOf(metrics.value, operations, labels);
    const given = sumOf(metrics.value, operations, { ...labels, status_code: '200' });
    counts.given += given;
    counts.refused += all - given;
  }
  if (counts.given === 0 && counts.refused === 0) {
    return skip(`No pod ${where} has asked for a token since the agents started.`);
  }
  const text = `${counts.given} tokens given and ${counts.refused} refused ${where} since the agents started`;
  if (counts.given === 0) {
    return fail(`${text}.`, closerLook(evidence));
  }
  return counts.refused > 0 && counts.refused >= counts.given ? warn(`${text}.`) : pass(`${text}.`);
}

/** At one of the pods; where none is left that asked, the agents' logs have the reasons. */
function closerLook({ subject, pods, agentProbes }: Evidence): Hint {
  const [pod] = readOr(pods, []);
  return pod === undefined
    ? advice`${logsCommand(agentProbes)}  # has the reason of each refusal`
    : advice`${nextCommand('doctor', subject.cluster, { namespace: pod.namespace, pod: pod.name })}  # checks one pod`;
}
