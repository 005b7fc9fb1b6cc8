import { checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeCluster } from '../../domain/exchange/exchange-cluster.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { changeAgent } from '../../domain/hints/change-agent.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { agentHome } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import type { Workloads } from '../../domain/kubernetes/workloads.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { Outcome, Plan } from '../change/outcome.ts';
import { type ChangeDeps, type ChangeOptions, startChange } from '../change/start-change.ts';
import { type TokensByAccount, tokensByAccount } from './account-tokens.ts';
import { checkAgentsTokens } from './agents-tokens.ts';
import { checkIssuer, checkNamed, type ExchangingAgent, exchangingAgent } from './check-agent.ts';
import { withAzuresIds, withGrants, withoutRefused, withTokens } from './complete-plan.ts';
import { enableResult, reportLeftOut, warnOfAgentsTrust } from './enable-result.ts';
import { grantsQuestion, grantTokens, keysBy, type WantedGrants, wantedGrants } from './grant-tokens.ts';
import { changesOf, type EnablePlan, planEnable } from './plan-exchange.ts';
import { basisOf, type ExchangeQuestion, type ExchangeView, readExchange } from './read-exchange.ts';
import type { WorkloadView } from './read-workload-view.ts';
import type { RehearseOptions } from './rehearse.ts';
import { switchAll } from './switch-all.ts';
import type { Progress } from './switch-identity.ts';
import { turnIssuerOn, untilSigning } from './turn-issuer-on.ts';

export interface EnableRequest extends ExchangeQuestion {
  readonly rehearsal: RehearseOptions;
  /** Nobody reads the question, which says whose account is going to be trusted. */
  readonly unasked?: boolean;
}

/**
 * Has identities exchanged: issuer, federated credential, rehearsal, switch; each identity by itself, side by side. What
 * is done is not done again, so a run that was killed goes on where it was.
 *
 * @throws PodidError ExchangeUnavailable | EntryNotFound | ClusterStateForbids before anything is sent, and those of
 * `changeProfile`
 */
export async function enableExchange(
  deps: Omit<Deps, 'deadline'>,
  request: EnableRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly ExchangeRow[]>> {
  const started = startChange(deps, { ...options, mirror: 'off' });
  const kube = await deps.kube.connect(deps.signal);
  const view = await readExchange(deps, kube, request);
  for (const warning of checkClusterState(view.cluster)) {
    deps.report.warn(warning);
  }
  const agent = exchangingAgent(view);
  if (request.unasked === true) {
    checkNamed(view, agent);
  }
  checkWorkload(view, request);
  const byAzure = await withAzuresIds(started, planEnable(view));
  const tokens = tokensByAccount(kube.exchange, agent.exchange, deps.clock);
  // The right to make one is missed before anything is written, not after.
  const withToken = await withTokens(byAzure, tokens, deps.signal);
  const planned = await withGrants(kube.exchange, view, withToken, deps.signal);
  const { plan } = planned;
  if (view.basis.trust !== undefined && planned.issuer !== undefined) {
    checkIssuer(view, planned.issuer, view.basis.trust);
    if (isByAgent(plan)) {
      await checkAgentsTokens(
        kube.workloads,
        { cluster: view.cluster, agent, trust: view.basis.trust, isNew: false },
        deps.signal,
      );
    }
  }
  if (options.dryRun) {
    reportLeftOut(deps, view, plan.leftOut);
    return {
      plan: { changes: changesOf(view, plan), puts: plan.issuer ? 1 : 0, ...stoppedOf(plan) },
    };
  }
  if (plan.identities.length === 0 && plan.grants === undefined) {
    reportNothingToDo(deps, view, plan);
    return { done: ended(deps, view, plan, []) };
  }
  if (!(await deps.confirm(question(view, plan, agent)))) {
    return { done: { result: view.identities.map(({ row }) => row), cluster: view.cluster } };
  }
  const ready = plan.issuer
    ? await withIssuer(started, view, { agent, tokens, plan, workloads: kube.workloads })
    : view;
  const refused =
    view.workload !== undefined && plan.grants !== undefined
      ? await grantTokens(kube.exchange, view.workload, plan.grants, deps.signal)
      : new Map<string, string>();
  // What somebody made in the meantime, since the plan.
  const known = withoutRefused(planned, refused);
  const progress = known.identities.map(
    ({ steps, identity }): Progress => ({ steps, identity, at: 'waiting', wrote: false }),
  );
  await switchAll(
    started,
    ready,
    { kube: kube.exchange, tokensOf: tokens.of, rehearsal: request.rehearsal },
    progress,
  );
  await withdrawUnused(kube.exchange, view.workload, known.plan, progress, deps.signal);
  return { done: ended(deps, ready, known.plan, progress) };
}

/** Who stays as it is, beside its code: a plan without them would read as if they were done. */
function stoppedOf({ leftOut }: EnablePlan): Pick<Plan, 'stopped'> {
  const stopped = leftOut.map(({ row: { namespace, name }, reason }) => ({
    kind: 'AzureIdentity',
    namespace,
    name,
    code: reason.split(':')[0] ?? reason,
  }));
  return stopped.length === 0 ? {} : { stopped };
}

function ended(
  deps: Pick<Deps, 'report'>,
  view: ExchangeView,
  { leftOut }: EnablePlan,
  progress: readonly Progress[],
): ReturnType<typeof enableResult> {
  const done = enableResult(view, leftOut, progress);
  warnOfAgentsTrust(deps, view, done.result);
  return done;
}

/** @throws PodidError ExchangeUnavailable where the agent would make no tokens of the pods' accounts */
function checkWorkload({ cluster, workload, agent }: ExchangeView, { subject }: EnableRequest): void {
  if (subject !== 'workload' || workload?.fault === undefined) {
    return;
  }
  throw new PodidError(
    'ExchangeUnavailable',
    `The agent makes no tokens of the pods' own accounts. ${workload.fault}`,
    { hint: wayOutOf(workload.fault, cluster, agent), target: cluster.resourceId },
  );
}

function wayOutOf(
  fault: string,
  { id }: ExchangeView['cluster'],
  agent: AgentInstallation | undefined,
): Hint {
  const values = ['podid.exchange.enabled=true', 'podid.exchange.subject=workload'] as const;
  const install =
    agent === undefined
      ? command('podid nmi install', ...values.flatMap((value) => ['--set', value]))
      : changeAgent(agent, ...values);
  return fault.startsWith('OldKubernetes:')
    ? advice`The agent's own token works with any Kubernetes: ${nextCommand('exchange enable', id, { subject: 'agent' }).again()}`
    : advice`With the values that it was installed with: ${install}, or helm upgrade with the same two values`;
}

function isByAgent({ identities }: EnablePlan): boolean {
  return identities.some(({ standing }) => standing.subject === 'agent');
}

/** No account keeps a right that none of its identities came to need, or needs any more. */
async function withdrawUnused(
  kube: Pick<ExchangeCluster, 'setGrants'>,
  workload: WorkloadView | undefined,
  { grants }: EnablePlan,
  progress: readonly Progress[],
  signal: AbortSignal,
): Promise<void> {
  if (workload === undefined) {
    return;
  }
  const switched = progress.filter(({ at }) => at === 'switched').map(({ steps }) => steps.standing);
  const wanted = wantedGrants(workload, {
    joining: keysBy(switched, 'workload'),
    leaving: keysBy(switched, 'agent'),
  });
  const held = grants === undefined ? workload : { ...workload, grants: grantsAs(grants, workload.right) };
  await grantTokens(kube, held, wanted, signal);
}

function grantsAs(grants: WantedGrants, right: WorkloadView['right']): WorkloadView['grants'] {
  return [...grants].map(([namespace, accounts]) => ({ namespace, accounts, rights: [right] }));
}

function question(
  { cluster, basis }: ExchangeView,
  { issuer, identities }: EnablePlan,
  agent: ExchangingAgent,
): string {
  if (identities.length === 0) {
    return grantsQuestion;
  }
  const names = identities.map(({ standing }) => entryText(standing.row));
  const credentials = identities.filter(({ credential }) => credential).length;
  const first = issuer
    ? `This first turns on the OIDC issuer of cluster ${cluster.id.name}: its API server restarts, and Azure cannot turn the issuer off again. `
    : '';
  const made = credentials === 0 ? '' : ` Federated credentials to make: ${credentials}.`;
  const elsewhere =
    agent.namespace === agentHome
      ? ''
      : ` They will trust ${basis.subject}, whose agent is not in ${agentHome}.`;
  return `${first}Rehearse, and then get the tokens of ${someOf(names)} from Entra?${made}${elsewhere}`;
}

function someOf(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}

interface Signing {
  readonly agent: ExchangingAgent;
  readonly tokens: TokensByAccount;
  readonly plan: EnablePlan;
  readonly workloads: Workloads;
}

async function withIssuer(
  deps: ChangeDeps,
  view: ExchangeView,
  { agent, tokens, plan, workloads }: Signing,
): Promise<ExchangeView> {
  const cluster = await turnIssuerOn(deps, view.cluster);
  const basis = basisOf(cluster, agent);
  tokens.forget();
  const [first] = plan.identities.flatMap(({ standing }) => standing.accounts);
  if (first === undefined) {
    return { ...view, cluster, basis };
  }
  const own = tokens.of(first);
  await untilSigning(deps, cluster, own);
  tokens.forget();
  const ready = { ...view, cluster, basis };
  const { trust } = basis;
  if (trust !== undefined) {
    checkIssuer(ready, (await own.get(deps.signal)).issuer, trust);
    if (isByAgent(plan)) {
      await checkAgentsTokens(workloads, { cluster, agent, trust, isNew: true }, deps.signal);
    }
  }
  return ready;
}

function reportNothingToDo(deps: Pick<Deps, 'report'>, { identities }: ExchangeView, plan: EnablePlan): void {
  const exchanged = identities.filter(({ row }) => row.state === 'exchange').length;
  deps.report.note(
    plan.leftOut.length === 0
      ? `Nothing to change: ${exchanged === 1 ? '1 identity is' : `${exchanged} identities are`} exchanged already.`
      : 'Nothing is changed.',
  );
}
