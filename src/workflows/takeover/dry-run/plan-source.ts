import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import { ownAgent } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import { advice } from '../../../errors/hint.ts';
import { startChange } from '../../change/start-change.ts';
import { exchangingAgent } from '../../exchange/check-agent.ts';
import { withAzuresIds, withGrants } from '../../exchange/complete-plan.ts';
import { reportLeftOut } from '../../exchange/enable-result.ts';
import { changesOf, planEnable } from '../../exchange/plan-exchange.ts';
import { viewExchange } from '../../exchange/read-exchange.ts';
import { installOf, type TakeoverRun } from '../takeover-run.ts';
import { nothingToWrite, type StepPlan } from './step-plan.ts';

/**
 * Step 2 as `podid exchange enable --dry-run` has it, but for its tokens: not even one is made.
 *
 * @param isInstalled step 1 is done; else the agent is taken as that step would put it there
 * @throws PodidError ExchangeUnavailable, and those of `readExchange`
 */
export async function planSource(run: TakeoverRun, isInstalled: boolean): Promise<StepPlan> {
  const { deps, kube, request, options } = run;
  const { cluster: id, namespace } = request;
  if (!request.exchanges) {
    return nothingToWrite;
  }
  const started = startChange(deps, { ...options, mirror: 'off' });
  const [cluster, found, objects] = await Promise.all([
    deps.azure.clusters.get(id, deps.signal),
    kube.agent.installations(namespace, deps.signal),
    kube.read(deps.signal),
  ]);
  const agents = isInstalled ? found : withAgent(run, found);
  const isKnown = ownAgent(found, namespace)?.exchange?.subject === 'workload';
  if (ownAgent(agents, namespace)?.exchange?.subject === 'workload' && !isKnown) {
    deps.report.note(
      advice`Which identities are exchanged by the tokens of their pods' own accounts is known once step 1 is done: ${nextCommand('takeover apply', id, { until: '1' })}, and then the same command with --dry-run`,
    );
    return nothingToWrite;
  }
  const identities = objects.resources?.identities ?? [];
  const view = await viewExchange(deps, kube, {
    cluster,
    agents,
    objects,
    identities,
    agentNamespace: namespace,
  });
  exchangingAgent(view);
  const known = { ...(await withAzuresIds(started, planEnable(view))), issuer: undefined };
  const { plan } = await withGrants(kube.exchange, view, known, deps.signal);
  reportLeftOut(deps, view, plan.leftOut);
  return { changes: changesOf(view, plan), puts: plan.issuer ? 1 : 0 };
}

/** As step 1 leaves it. */
function withAgent(run: TakeoverRun, found: readonly AgentInstallation[]): readonly AgentInstallation[] {
  const { kube, request } = run;
  const install = installOf(run, { alongside: true, force: false });
  const values = install.values();
  const { enabled, default: source, tenantID: tenantId, subject, audience } = values.podid.exchange;
  const { objects } = kube.agent.render(values, install.release);
  const nameOf = (kind: string) => objects.find((object) => object.kind === kind)?.metadata.name ?? '';
  const { exchange: _, ...before } = ownAgent(found, request.namespace) ?? {
    ...notThere,
    namespace: request.namespace,
    name: nameOf('DaemonSet'),
    serviceAccount: nameOf('ServiceAccount'),
  };
  const own: AgentInstallation = {
    ...before,
    ...(enabled ? { exchange: { source, tenantId, subject, audience } } : {}),
  };
  return [...found.filter((each) => each.namespace !== own.namespace || each.kind !== 'podid'), own];
}

const notThere: Omit<AgentInstallation, 'namespace' | 'name' | 'serviceAccount'> = {
  kind: 'podid',
  ownedByPodid: true,
  image: '',
  imagePullPolicy: '',
  imagePullSecrets: [],
  version: '',
  port: 0,
  rulesBackend: 'nft',
  bootGuard: false,
  metricsPort: 0,
  tolerations: [],
  selector: {},
};
