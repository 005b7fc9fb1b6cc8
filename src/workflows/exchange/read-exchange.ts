import type { FederatedTrust } from '../../domain/azure/federated-credential.ts';
import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../domain/exchange/exchange-cluster.ts';
import {
  type ExchangeBasis,
  type ExchangeRow,
  exchangeRow,
  type KnownCredentials,
} from '../../domain/exchange/exchange-state.ts';
import { type ExchangeSubject, noExchangeDefaults } from '../../domain/exchange/token-source.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { AzureIdentity } from '../../domain/kubernetes/identity-resources.ts';
import { agentHome } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { ownAgents } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { accountsOf, basisFor, readWorkloadView, type WorkloadView } from './read-workload-view.ts';

/** One AzureIdentity, and how it stands. */
export interface IdentityStanding {
  readonly identity: AzureIdentity;
  readonly row: ExchangeRow;
  /** Undefined where the object names no managed identity. */
  readonly known: KnownCredentials | undefined;
  /** Those whose tokens are exchanged for it: the agent's, or its pods'. */
  readonly accounts: readonly EntryKey[];
  readonly subject: ExchangeSubject;
}

/** All that `podid exchange` decides by. */
export interface ExchangeView {
  readonly cluster: Cluster;
  /** podid's, where there is one. */
  readonly agent: AgentInstallation | undefined;
  /** Of all node agents. */
  readonly agents: readonly AgentInstallation[];
  /** As in the question. */
  readonly agentNamespace?: string | undefined;
  readonly basis: ExchangeBasis;
  readonly identities: readonly IdentityStanding[];
  /** Where the tokens of pods' accounts are exchanged, or are to be. */
  readonly workload: WorkloadView | undefined;
}

export type ExchangeReads = Pick<Deps, 'azure' | 'clock' | 'report' | 'signal'>;

export interface ExchangeQuestion {
  readonly cluster: ClusterId;
  /** Undefined: all. */
  readonly identities: readonly EntryKey[] | undefined;
  /** By whose token they are to be exchanged; absent: as each of them is set. */
  readonly subject?: ExchangeSubject;
  /** Also rights to make tokens that are left of identities which are gone. */
  readonly leftovers?: boolean;
  /** Where podid's agent is, by whoever asks; absent: in `kube-system`, or where an administrator made one. */
  readonly agentNamespace?: string | undefined;
}

/**
 * Reads everything and changes nothing.
 *
 * @throws PodidError EntryNotFound for an identity that was named and is not there | Forbidden | ClusterUnreachable,
 * and those of `Clusters.get`
 */
export async function readExchange(
  deps: ExchangeReads,
  kube: ConnectedCluster,
  { cluster: id, identities: wanted, subject, leftovers = false, agentNamespace }: ExchangeQuestion,
): Promise<ExchangeView> {
  const { azure, report, signal } = deps;
  report.progress(`Reading cluster ${id.name}`);
  const [cluster, agents, objects] = await Promise.all([
    azure.clusters.get(id, signal),
    kube.agent.installations(agentNamespace ?? agentHome, signal),
    kube.read(signal),
  ]);
  const chosen = chooseIdentities(objects.resources?.identities ?? [], wanted);
  report.progress('Reading federated credentials');
  const known = {
    cluster,
    agents,
    objects,
    identities: chosen,
    agentNamespace,
    ...(leftovers ? { leftovers: report } : {}),
    ...(subject === undefined ? {} : { subject }),
  };
  return await viewExchange(deps, kube, known);
}

/** What is known of a cluster already. */
export interface KnownCluster {
  readonly cluster: Cluster;
  readonly agents: readonly AgentInstallation[];
  readonly objects: ObjectsInCluster;
  readonly identities: readonly AzureIdentity[];
  readonly subject?: ExchangeSubject;
  /** As in `WorkloadQuestion`. */
  readonly leftovers?: Deps['report'];
  readonly agentNamespace?: string | undefined;
}

/** How these identities stand, with what is known of the cluster and its agents. @throws as `readExchange` */
export async function viewExchange(
  deps: Pick<Deps, 'azure' | 'clock' | 'signal'>,
  kube: ConnectedCluster,
  { cluster, agents, objects, identities, subject, leftovers, agentNamespace }: KnownCluster,
): Promise<ExchangeView> {
  const agent = chooseAgent(agents, agentNamespace);
  const basis = basisOf(cluster, agent);
  const [credentials, workload] = await Promise.all([
    readCredentials(deps.azure, identities, deps.signal),
    readWorkloadView(deps, kube, { cluster, agent, objects, wanted: subject, leftovers }),
  ]);
  const ofAgent = agent === undefined ? [] : [{ namespace: agent.namespace, name: agent.serviceAccount }];
  return {
    cluster,
    agent,
    agents,
    agentNamespace,
    basis,
    workload,
    identities: identities.map((identity) => {
      const known = credentials.get(managedIdentityOf(identity));
      const own = basisFor(identity, basis, workload, subject);
      const wanted = own.wanted ?? 'agent';
      const accounts = wanted === 'workload' && workload ? accountsOf(identity, workload) : ofAgent;
      return { identity, known, accounts, subject: wanted, row: exchangeRow(identity, known, own) };
    }),
  };
}

/** Its account is what identities come to trust, so that one which a tenant can have made is none. */
function chooseAgent(
  agents: readonly AgentInstallation[],
  named: string | undefined,
): AgentInstallation | undefined {
  const own = ownAgents(agents, named);
  const there = own.find(({ namespace }) => namespace === (named ?? agentHome));
  return there ?? (named === undefined ? own[0] : undefined);
}

/** The same of a cluster as it is now, without asking anybody again. */
export function basisOf(cluster: Cluster, agent: AgentInstallation | undefined): ExchangeBasis {
  const exchange = agent?.exchange;
  const issuer = cluster.oidcIssuer?.url;
  const subject =
    agent === undefined ? '' : subjectOf({ namespace: agent.namespace, name: agent.serviceAccount });
  const trust: FederatedTrust | undefined =
    issuer === undefined || exchange === undefined
      ? undefined
      : { issuer, subject, audience: exchange.audience };
  return {
    subject,
    defaults: exchange ?? noExchangeDefaults,
    ...(trust === undefined ? {} : { trust }),
  };
}

/** @throws PodidError EntryNotFound for what was named and is not there */
function chooseIdentities(
  all: readonly AzureIdentity[],
  wanted: readonly EntryKey[] | undefined,
): readonly AzureIdentity[] {
  const isMeant = ({ metadata }: AzureIdentity, key: EntryKey) =>
    metadata.namespace === key.namespace && metadata.name === key.name;
  const missing = (wanted ?? []).filter((key) => !all.some((identity) => isMeant(identity, key)));
  const [first] = missing;
  if (first !== undefined) {
    const message = `The cluster has no AzureIdentity ${missing.map(entryText).join(', ')}.`;
    throw new PodidError('EntryNotFound', message, {
      hint: advice`${command('podid exchange status')}  # lists them`,
      target: entryText(first),
    });
  }
  return wanted === undefined ? all : all.filter((identity) => wanted.some((key) => isMeant(identity, key)));
}

/** The same view of those alone that are named. @throws PodidError EntryNotFound */
export function narrowTo(view: ExchangeView, wanted: readonly EntryKey[] | undefined): ExchangeView {
  const chosen = new Set(
    chooseIdentities(
      view.identities.map(({ identity }) => identity),
      wanted,
    ),
  );
  return { ...view, identities: view.identities.filter(({ identity }) => chosen.has(identity)) };
}

/** By the lower-case id of the managed identity; several objects may name one. */
async function readCredentials(
  azure: Pick<Azure, 'federatedCredentials'>,
  identities: readonly AzureIdentity[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, KnownCredentials>> {
  const ids = [...new Set(identities.map(managedIdentityOf))].filter((id) => id !== '');
  const known = await eachConcurrently(ids, async (id): Promise<readonly [string, KnownCredentials]> => {
    try {
      return [id, { kind: 'read', credentials: await azure.federatedCredentials.list(id, signal) }];
    } catch (error) {
      if (!isPodidError(error, 'IdentityNotFound', 'Forbidden', 'AzureRefused', 'FederationUnavailable')) {
        throw error;
      }
      const { code, message, hint } = error;
      return [id, { kind: 'unread', gone: code === 'IdentityNotFound', code, message, hint }];
    }
  });
  return new Map(known);
}

/** `''` where the object does not name one, or is a service principal. */
export function managedIdentityOf({ spec }: AzureIdentity): string {
  const id = spec.resourceID ?? '';
  const named = (spec.type ?? 0) === 0 && parseResourceId(id, managedIdentityType) !== undefined;
  return named ? id.toLowerCase() : '';
}
