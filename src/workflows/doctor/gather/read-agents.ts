import type { Deps } from '../../../domain/deps.ts';
import type {
  AgentPod,
  ClusterNode,
  ConnectedCluster,
  Workloads,
} from '../../../domain/kubernetes/workloads.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import type { AgentProbe } from '../evidence.ts';
import { type Probe, probeNext, readOr } from '../probe.ts';
import type { Inside } from './read-inside.ts';

/** So many agents are asked at most: each costs three requests through the API server. */
const mostAgents = 50;

export function readAgents(
  { signal }: Pick<Deps, 'signal'>,
  { api, agents }: Pick<Inside, 'api' | 'agents'>,
  nodes: readonly ClusterNode[] | undefined,
): Promise<AgentProbe[]> {
  const names = nodes === undefined ? undefined : new Set(nodes.map(({ name }) => name));
  const asked = readOr(agents, [])
    .filter(({ nodeName, ready }) => ready && (names === undefined || names.has(nodeName)))
    .slice(0, mostAgents);
  return eachConcurrently(asked, (agent) => readAgent(signal, api, agent));
}

async function readAgent(
  signal: AbortSignal,
  api: Probe<ConnectedCluster>,
  agent: AgentPod,
): Promise<AgentProbe> {
  const through = <Value>(read: (workloads: Workloads) => Promise<Value>) =>
    probeNext(signal, api, ({ workloads }) => read(workloads));
  const [readiness, metrics, log] = await Promise.all([
    through((workloads) => workloads.ask(agent, agent.probePort, '/readyz', signal)),
    through(async (workloads) => (await workloads.ask(agent, agent.metricsPort, '/metrics', signal)).text),
    through((workloads) => workloads.log(agent, 2000, signal)),
  ]);
  return { agent, readiness, metrics, log };
}
