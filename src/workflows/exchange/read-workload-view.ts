import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { type ExchangeGrant, subjectOf } from '../../domain/exchange/exchange-cluster.ts';
import {
  type GuardedAgent,
  leastMinorOfGuard,
  leastMinorOfNodes,
} from '../../domain/exchange/exchange-guard.ts';
import type { TokenRight } from '../../domain/exchange/exchange-roles.ts';
import type { ExchangeBasis } from '../../domain/exchange/exchange-state.ts';
import {
  accountsObstacle,
  type IdentityAccounts,
  identityAccounts,
  trustsOf,
} from '../../domain/exchange/identity-accounts.ts';
import type { NamedTemplate } from '../../domain/exchange/native-users.ts';
import {
  type ExchangeSubject,
  exchangeSubjectOf,
  tokenSourceOf,
} from '../../domain/exchange/token-source.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { AzureIdentity } from '../../domain/kubernetes/identity-resources.ts';
import { believedAgents } from '../../domain/kubernetes/own-agents/believed-agents.ts';
import {
  type ConnectedCluster,
  type WorkloadKind,
  workloadKinds,
} from '../../domain/kubernetes/workloads.ts';
import { boundWorkloads, workloadGroups } from '../../domain/migrate/bound-workloads.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { readFit } from '../migrate/read-fit.ts';

/** What exchanging by the tokens of the pods' own accounts depends on. */
export interface WorkloadView {
  readonly agent: GuardedAgent;
  readonly accounts: IdentityAccounts;
  /** Of everything that can still make pods, and of all pods, whether an identity is bound to them or not. */
  readonly templates: readonly NamedTemplate[];
  /** What the agent may make tokens of now. */
  readonly grants: readonly ExchangeGrant[];
  /** By which right it is to make them on this Kubernetes, with the policies that stand; where none does, that it has. */
  readonly right: TokenRight;
  /** Why it makes none: a code, a colon and a sentence. */
  readonly fault?: string;
  /** `namespace/name` of the AzureIdentities that are exchanged in this way now. */
  readonly exchanged: ReadonlySet<string>;
}

export interface WorkloadQuestion {
  readonly cluster: Cluster;
  readonly agent: AgentInstallation | undefined;
  readonly objects: ObjectsInCluster;
  readonly wanted: ExchangeSubject | undefined;
  /** Also rights that are left of identities which are gone; where they cannot be seen it is reported here. */
  readonly leftovers?: Deps['report'] | undefined;
}

/**
 * Read only where it is asked for, or where an identity is exchanged in this way. An account that is overlooked gets no
 * token, so that what makes pods has to be readable whole.
 *
 * @throws PodidError Forbidden | ClusterUnreachable
 */
export async function readWorkloadView(
  deps: Pick<Deps, 'clock' | 'signal'>,
  kube: ConnectedCluster,
  { cluster, agent: installed, objects, wanted, leftovers }: WorkloadQuestion,
): Promise<WorkloadView | undefined> {
  const exchange = installed?.exchange;
  const resources = objects.resources;
  if (installed === undefined || exchange === undefined || resources === undefined) {
    return undefined;
  }
  const exchanged = resources.identities.filter((identity) => isByWorkload(identity, exchange));
  const isAsked = resources.identities.some(
    (identity) => exchangeSubjectOf(identity, exchange) === 'workload',
  );
  const { signal } = deps;
  const agent: GuardedAgent = {
    account: { namespace: installed.namespace, name: installed.serviceAccount },
    audience: exchange.audience,
  };
  if (wanted !== 'workload' && !isAsked) {
    return leftovers === undefined ? undefined : await readLeftovers(kube, agent, leftovers, signal);
  }
  const kinds = Object.keys(workloadKinds) as WorkloadKind[];
  const [byKind, pods, agents, grants, minor] = await Promise.all([
    eachConcurrently(kinds, async (kind) => {
      const value = await kube.migration.workloads(kind, undefined, signal);
      return [kind, { kind: 'read', value }] as const;
    }),
    kube.migration.pods(undefined, signal),
    // Not seen, those of standard mode would be taken for agents that need no controller, and other bindings fit.
    kube.workloads.agents(signal),
    kube.exchange.grants(agent.account, signal),
    kube.agent.serverMinor(signal),
  ]);
  const known = {
    api: kube,
    cluster: { kind: 'read', value: cluster },
    objects: { kind: 'read', value: objects },
    agents: { kind: 'read', value: believedAgents(agents) },
  } as const;
  const fit = await readFit(deps, known, resources);
  const facts = {
    workloads: new Map(byKind),
    pods: { kind: 'read', value: pods },
    resources,
    ...fit,
  } as const;
  return {
    agent,
    accounts: identityAccounts(boundWorkloads(workloadGroups(facts), facts)),
    templates: [
      ...byKind.flatMap(([, { value }]) => value),
      ...pods.map((pod) => ({ ...pod, kind: 'Pod' })),
    ].filter(({ finished }) => !finished),
    grants,
    exchanged: new Set(exchanged.map(({ metadata }) => entryText(metadata))),
    ...(await rightOf(kube, { agent, minor, grants }, signal)),
  };
}

/** Where no identity needs a right. Who may not see them takes none away, which is reported. */
async function readLeftovers(
  { exchange }: Pick<ConnectedCluster, 'exchange'>,
  agent: GuardedAgent,
  report: Deps['report'],
  signal: AbortSignal,
): Promise<WorkloadView | undefined> {
  const grants = await exchange.grants(agent.account, signal).catch((error: unknown) => {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    report.warn(
      `Whether the agent has rights left to make tokens of service accounts is not known, and none is taken away: ${error.message}`,
      error.hint,
    );
    return [];
  });
  return grants.length === 0
    ? undefined
    : { agent, accounts: new Map(), templates: [], grants, right: 'own', exchanged: new Set() };
}

/** Whether its tokens are exchanged by those of its pods' own accounts. */
export function isByWorkload(
  identity: AzureIdentity,
  defaults: Parameters<typeof tokenSourceOf>[1],
): boolean {
  const decision = tokenSourceOf(identity, defaults);
  return decision.kind === 'exchange' && decision.subject === 'workload';
}

/** The stronger one where its policies stand; a cluster that was upgraded has those of before. */
async function rightOf(
  { exchange }: Pick<ConnectedCluster, 'exchange'>,
  { agent, minor, grants }: Pick<WorkloadView, 'agent' | 'grants'> & { readonly minor: number },
  signal: AbortSignal,
): Promise<Pick<WorkloadView, 'right' | 'fault'>> {
  const held = grants.some(({ rights }) => rights.includes('node')) ? 'node' : 'own';
  if (minor < leastMinorOfGuard) {
    const fault = `OldKubernetes: this is Kubernetes 1.${minor}, and only from 1.${leastMinorOfGuard} on a policy can confine the agent to the pods of its node.`;
    return { right: held, fault };
  }
  if (minor >= leastMinorOfNodes && (await exchange.guardFault(agent, 'node', signal)) === undefined) {
    return { right: 'node' };
  }
  const fault = await exchange.guardFault(agent, 'own', signal);
  return fault === undefined
    ? { right: 'own' }
    : {
        right: held,
        fault: `NoGuard: ${fault}, and without it the agent makes no tokens of the pods' own accounts.`,
      };
}

/** Whose tokens are exchanged for an identity, in the view of which it is asked. */
export function accountsOf(
  identity: AzureIdentity,
  { accounts }: Pick<WorkloadView, 'accounts'>,
): readonly EntryKey[] {
  return accounts.get(entryText(identity.metadata)) ?? [];
}

/** The same as `basis`, for one identity and by the tokens of its own accounts, where that is what is asked. */
export function basisFor(
  identity: AzureIdentity,
  basis: ExchangeBasis,
  workload: WorkloadView | undefined,
  wanted: ExchangeSubject | undefined,
): ExchangeBasis {
  const subject = wanted ?? exchangeSubjectOf(identity, basis.defaults);
  if (subject === 'agent' || workload === undefined) {
    return { ...basis, wanted: subject };
  }
  const accounts = accountsOf(identity, workload);
  const { trust, defaults } = basis;
  const isExchanged = workload.exchanged.has(entryText(identity.metadata));
  const obstacle = isExchanged && accounts.length === 0 ? undefined : accountsObstacle(accounts);
  return {
    subject: accounts.map(subjectOf).join(', '),
    defaults,
    wanted: subject,
    ...(trust === undefined ? {} : { trust, trusts: trustsOf(accounts, trust) }),
    ...(obstacle === undefined || isExchanged ? {} : { obstacle }),
    ...lackIn(workload, accounts, isExchanged ? obstacle : undefined),
  };
}

/** What keeps the agent from making the tokens, though Entra would take them. */
function lackIn(
  { fault, grants }: WorkloadView,
  accounts: readonly EntryKey[],
  obstacle: string | undefined,
): Pick<ExchangeBasis, 'lack'> {
  if (obstacle !== undefined || fault !== undefined) {
    return { lack: { reason: obstacle ?? fault ?? '', lasting: true } };
  }
  const without = accounts.find(
    ({ namespace, name }) =>
      !grants.some((grant) => grant.namespace === namespace && grant.accounts.includes(name)),
  );
  return without === undefined
    ? {}
    : { lack: { reason: `NoRole: no role lets the agent make tokens of ${entryText(without)}.` } };
}
