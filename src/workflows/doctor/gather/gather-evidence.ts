import { type Machine, machineOfNode } from '../../../domain/azure/machines.ts';
import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { isKubenet } from '../../../domain/clusters/cluster-kind.ts';
import type { Deps } from '../../../domain/deps.ts';
import { policyEngines } from '../../../domain/kubernetes/net-raw/render-net-raw-policy.ts';
import { netRawObjects, standingEngine } from '../../../domain/kubernetes/net-raw/standing-policy.ts';
import { agentHome } from '../../../domain/kubernetes/own-agents/agent-maker.ts';
import type { ClusterNode } from '../../../domain/kubernetes/workloads.ts';
import type { StandardMode } from '../../../domain/standard-mode/controller.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import { readLeftRoles } from '../../exchange/left-roles.ts';
import { viewExchange } from '../../exchange/read-exchange.ts';
import { readSpareRight } from '../../exchange/right-to-all-pods.ts';
import type { DoctorSubject, Evidence } from '../evidence.ts';
import { sourcesOf } from '../exchanged-identities.ts';
import { type Probe, probe, probeNext, readOr } from '../probe.ts';
import { readControllers, waitsForController } from '../standard-mode.ts';
import { nodesInQuestion } from './nodes-in-question.ts';
import { readAgents } from './read-agents.ts';
import { readIdentities } from './read-identities.ts';
import { type Inside, readInside } from './read-inside.ts';

/**
 * Reads everything, side by side; what cannot be read is kept with the reason. @throws the signal's reason
 */
export async function gatherEvidence(
  deps: Pick<Deps, 'azure' | 'kube' | 'clock' | 'report' | 'signal'>,
  subject: DoctorSubject,
): Promise<Evidence> {
  const { azure, kube, report, signal } = deps;
  const { subscriptionId } = subject.cluster;
  report.progress('Reading the cluster, in Azure and through its API');
  const cluster = probe(signal, () => azure.clusters.get(subject.cluster, signal));
  const [permissions, subscription, feature, inside] = await Promise.all([
    cluster.then((probed) =>
      probeNext(signal, probed, (one) => azure.permissions.at(one.resourceId, signal)),
    ),
    probe(signal, () => azure.subscriptions.find(subscriptionId, signal)),
    probe(signal, () => azure.features.state(subscriptionId, signal)),
    probe(signal, () => kube.connect(signal)).then((api) => readInside(deps, subject, api)),
  ]);
  const known = { subject, cluster: await cluster, ...inside };
  const [podless, standard, netRaw, federation, spareRight, leftRoles] = await Promise.all([
    readPodless(signal, known),
    readStandardMode(deps, known),
    readNetRawPolicy(signal, known),
    readFederation(deps, known),
    readSpareRight(known.api, known.agents, signal),
    probeNext(signal, known.api, ({ agent }) => readLeftRoles(agent, signal)),
  ]);
  const nodes = nodesInQuestion(known);
  report.progress('Reading identities, roles, machines and agents');
  const [identities, machines, agentProbes] = await Promise.all([
    readIdentities(deps, known),
    readMachines(deps, known.cluster, nodes),
    readAgents(deps, inside, nodes),
  ]);
  return {
    ...known,
    ...podless,
    ...standard,
    ...netRaw,
    ...federation,
    ...spareRight,
    leftRoles,
    permissions,
    subscription,
    feature,
    ...identities,
    machines,
    agentProbes,
  };
}

/** Who would run the agents that nobody sees. */
async function readPodless(
  signal: AbortSignal,
  { api, agents }: Pick<Inside, 'api' | 'agents'>,
): Promise<Pick<Evidence, 'podless'>> {
  return readOr(agents, undefined)?.length === 0
    ? { podless: await probeNext(signal, api, ({ agent }) => agent.installations(agentHome, signal)) }
    : {};
}

/** What there is to see of a controller, where an agent waits for one. */
async function readStandardMode(
  { clock, signal }: Pick<Deps, 'clock' | 'signal'>,
  known: Inside & Pick<Evidence, 'subject' | 'cluster'>,
): Promise<Pick<Evidence, 'standard'>> {
  if (!readOr(known.agents, []).some((agent) => waitsForController(agent, known))) {
    return {};
  }
  const { namespace } = known.subject;
  const through = <Value>(read: (mode: StandardMode) => Promise<Value>) =>
    probeNext(signal, known.api, ({ standardMode }) => read(standardMode));
  const [controllers, assignments, events] = await Promise.all([
    readControllers({ clock, signal }, known.api),
    through((mode) => mode.assignments(signal)),
    through((mode) => mode.events(namespace, signal)),
  ]);
  return { standard: { ...controllers, assignments, events } };
}

/** How those stand that are to be exchanged, by what `podid exchange` goes by. */
async function readFederation(
  deps: Pick<Deps, 'azure' | 'clock' | 'signal'>,
  known: Inside & Pick<Evidence, 'cluster'>,
): Promise<Pick<Evidence, 'federation'>> {
  const { signal } = deps;
  const identities = sourcesOf(known).flatMap(({ identity, decision }) =>
    decision.kind === 'exchange' ? [identity] : [],
  );
  if (identities.length === 0) {
    return {};
  }
  const agents = await probeNext(signal, known.api, ({ agent }) => agent.installations(agentHome, signal));
  const federation = await probeNext(signal, agents, async (installed) => {
    if (known.cluster.kind === 'unread') {
      throw known.cluster.error;
    }
    if (known.api.kind === 'unread' || known.objects.kind === 'unread') {
      return [];
    }
    const { value: objects } = known.objects;
    const asked = { cluster: known.cluster.value, agents: installed, objects, identities };
    const view = await viewExchange(deps, known.api.value, asked);
    return view.identities.map(({ row }) => row);
  });
  return { federation };
}

/** Each engine that is not there costs a request or two. */
async function readNetRawPolicy(
  signal: AbortSignal,
  { api, cluster }: Inside & Pick<Evidence, 'cluster'>,
): Promise<Pick<Evidence, 'netRawPolicy'>> {
  if (cluster.kind === 'unread' || !isKubenet(cluster.value)) {
    return {};
  }
  const netRawPolicy = await probeNext(signal, api, async ({ policies }) => {
    const specs = new Map(
      await eachConcurrently([...policyEngines], async (engine) => {
        const found = await policies.specs(netRawObjects(engine), signal);
        return [engine, found] as const;
      }),
    );
    return standingEngine((engine) => specs.get(engine) ?? []) ?? 'none';
  });
  return { netRawPolicy };
}

async function readMachines(
  { azure, signal }: Pick<Deps, 'azure' | 'signal'>,
  cluster: Probe<Cluster>,
  nodes: readonly ClusterNode[] | undefined,
): Promise<Probe<readonly Machine[]>> {
  const ids = nodes?.flatMap(({ providerId }) => machineOfNode(providerId) ?? []);
  const distinct = new Map(ids?.map((id) => [id.toLowerCase(), id]));
  if (distinct.size > 0) {
    return probe(signal, () =>
      eachConcurrently([...distinct.values()], (id) => azure.machines.get(id, signal)),
    );
  }
  return probeNext(signal, cluster, async ({ id, nodeResourceGroup }) => {
    if (nodeResourceGroup === undefined) {
      throw new PodidError('Unavailable', `Azure names no node resource group of cluster ${id.name}.`);
    }
    const sets = await azure.machines.scaleSets(id.subscriptionId, nodeResourceGroup, signal);
    return sets.filter(({ osType }) => osType.toLowerCase() === 'linux');
  });
}
