import type { FinishedPod } from '../../../domain/kubernetes/agent-cluster.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import type { KubeObject } from '../../../domain/kubernetes/kube-object.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';
import { renderProbePod, runProbePod } from './probe-pod.ts';

/**
 * Who answers a pod of the node at the metadata address: the agent, something past it, nobody; or it could
 * not be found out.
 */
export interface NodeProbe {
  readonly name: string;
  readonly probe: 'agent' | 'past' | 'silent' | 'unknown';
  readonly reason?: string;
}

const exitCodes: Readonly<Record<number, NodeProbe['probe']>> = { 0: 'agent', 3: 'past', 4: 'silent' };

/**
 * Starts a short pod on each node that asks the metadata address as a pod would, and looks for the header
 * that the agent alone sets. It asks for no resource, so that no token is made even where the way to IMDS is
 * open. The pods are taken away again.
 *
 * @throws PodidError AgentRefused | Forbidden | ClusterUnreachable
 */
export async function probeNodes(
  deps: AgentDeps,
  installation: AgentInstallation,
  nodes: readonly string[],
  wait: AgentWait,
): Promise<readonly NodeProbe[]> {
  let done = 0;
  const probing = {};
  deps.report.progress(`Probed 0 of ${nodes.length} nodes`, { wait: probing });
  return await eachConcurrently([...nodes], async (node) => {
    const result = await probeNode(deps, installation, node, wait);
    done += 1;
    deps.report.progress(`Probed ${done} of ${nodes.length} nodes`, { wait: probing });
    return result;
  });
}

/** An open node outweighs one of which nothing is known, and that is no success either. */
export function probesExitCode(
  probes: readonly Pick<NodeProbe, 'probe'>[],
  nodesRead: boolean,
): 0 | 6 | 7 | 10 {
  if (probes.some(({ probe }) => probe === 'past')) {
    return 10;
  }
  if (probes.some(({ probe }) => probe === 'unknown')) {
    return 7;
  }
  // A node without an agent is the one that may be open, and it was not probed.
  return nodesRead ? 0 : 6;
}

async function probeNode(
  { agent, clock }: AgentDeps,
  installation: AgentInstallation,
  node: string,
  { timeoutMs, intervalMs, signal }: AgentWait,
): Promise<NodeProbe> {
  const pod = renderProbe(installation, node, clock.random());
  const limits = { startMs: timeoutMs, runMs: timeoutMs, intervalMs };
  const { end, inTime } = await runProbePod({ agent, clock }, pod, limits, signal);
  return inTime
    ? ended(node, end)
    : { name: node, probe: 'unknown', reason: end.reason ?? 'the pod did not end in time' };
}

function ended(node: string, { exitCode, message, phase }: FinishedPod): NodeProbe {
  const probe = exitCodes[exitCode ?? -1] ?? 'unknown';
  const reason = probe === 'unknown' ? (message ?? `the pod ended as ${phase}`) : undefined;
  return { name: node, probe, ...(reason === undefined ? {} : { reason }) };
}

/** Only whether the header is there is reported: an answer of IMDS itself is nobody's business. */
const question = `
const answer = await fetch('http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01', {
  headers: { Metadata: 'true', Connection: 'close' }, signal: AbortSignal.timeout(15000),
}).catch(() => undefined);
process.exitCode = answer === undefined ? 4 : answer.headers.has('x-podid-agent') ? 0 : 3;
`;

/** @param chance from 0 to below 1, for a name that no earlier probe has */
function renderProbe(installation: AgentInstallation, node: string, chance: number): KubeObject {
  const suffix = Math.floor(chance * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  return renderProbePod(installation, {
    name: `podid-probe-${suffix}`,
    namespace: installation.namespace,
    labels: {
      'app.kubernetes.io/name': 'podid',
      'app.kubernetes.io/component': 'probe',
      'app.kubernetes.io/managed-by': 'podid',
    },
    script: question,
    lifeSec: 60,
    spec: { nodeName: node },
  });
}
