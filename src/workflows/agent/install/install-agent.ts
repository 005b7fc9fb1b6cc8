import { leastMinorOfGuard, leastMinorOfNodes } from '../../../domain/exchange/exchange-guard.ts';
import { allowPrivileged } from '../../../domain/hints/privileged-namespace.ts';
import type { AgentObjectChange, HelmRelease, Rollout } from '../../../domain/kubernetes/agent-cluster.ts';
import { type AgentInstallation, agentKindText } from '../../../domain/kubernetes/agent-installation.ts';
import {
  type AgentRelease,
  type AgentValues,
  needsServerMinor,
  oldServerText,
  secretsUndecidedText,
} from '../../../domain/kubernetes/agent-values.ts';
import type { KubeObject } from '../../../domain/kubernetes/kube-object.ts';
import type { SecretPairs } from '../../../domain/kubernetes/secret-pairs.ts';
import { advice, command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';
import { chooseWay, type InstallWay, refuseSameName, refuseSharedRelease } from '../choose-way.ts';
import { expectAgentBeside, warnOfNodesWithOthersAlone } from './expect-agent-beside.ts';
import { reportForeignSecrets } from './identities-with-secret.ts';
import { refuseKubeletIdentity } from './refuse-kubelet-identity.ts';
import { recordOf, removeUpstream, upstreamObjects } from './remove-upstream.ts';
import { reportPorts, reportTolerations, reportWithoutEffect } from './report-values.ts';
import { expectNamespacesDecided, waitForController } from './wait-for-controller.ts';
import { waitForRollout } from './wait-for-rollout.ts';
import { tryAgent, writeAgent } from './write-agent.ts';

export interface InstallRequest {
  readonly release: AgentRelease;
  /**
   * The values to install with.
   *
   * @param of an upstream release that is taken over, as far as Helm's record of it can be read
   * @throws PodidError InvalidUsage with every fault
   */
  readonly values: (of?: {
    readonly installation: AgentInstallation;
    readonly record?: HelmRelease;
  }) => AgentValues;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly noWait: boolean;
  /** Whether the add-on is on in Azure; undefined where that cannot be asked. */
  readonly addonState: (signal: AbortSignal) => Promise<'on' | 'off' | undefined>;
  /** Of the identity that the kubelet has; undefined where that cannot be asked, or is not to be refused. */
  readonly kubeletClientId: (signal: AbortSignal) => Promise<string | undefined>;
  /** AzureIdentities of the cluster that need a secret. */
  readonly identitiesWithSecret: (signal: AbortSignal) => Promise<readonly string[]>;
  /** `IDENTITIES:SECRETS` of namespaces that identities of the cluster need, and `pairs` does not have. */
  readonly foreignSecrets: (pairs: SecretPairs, signal: AbortSignal) => Promise<readonly string[]>;
}

export interface Installed {
  readonly namespace: string;
  readonly version: string;
  readonly mode: AgentValues['mode'];
  readonly objects: readonly AgentObjectChange[];
  readonly nodes: Rollout['nodes'];
  /** Of a dry run: what would be written, without Secrets; what others wrote and stays is not in it. */
  readonly manifests?: readonly KubeObject[];
}

/**
 * Puts the agent on the nodes, or brings it in line with its values. Everything that may be refused is asked
 * before the first write.
 *
 * @throws PodidError AgentPresent | AgentRefused | AgentNotReady | Forbidden | ClusterUnreachable |
 * InvalidUsage | ConfirmationRequired
 * @returns undefined when the question was answered by No
 */
export async function installAgent(
  deps: AgentDeps,
  request: InstallRequest,
  wait: AgentWait,
): Promise<Installed | undefined> {
  const { agent, report } = deps;
  const { release, force } = request;
  const { signal } = wait;
  const { alongside } = request.values().podid;
  report.progress('Looking for agents in the cluster');
  const found = await agent.installations(release.namespace, signal);
  const isAsked = !alongside && found.some(({ kind }) => kind === 'addon');
  const addon = isAsked ? await request.addonState(signal) : undefined;
  const way = chooseWay(found, { namespace: release.namespace, alongside, force, addon });
  const record = await recordOf(deps, way.kind === 'instead' ? way.upstream.release : undefined, signal);
  if (way.kind === 'instead') {
    refuseSharedRelease(way.upstream, record, release.namespace);
  }
  // The add-on's values were AKS's own.
  const given =
    way.kind === 'instead' && way.upstream.kind === 'upstream'
      ? request.values({ installation: way.upstream, ...(record === undefined ? {} : { record }) })
      : request.values();
  const values = await refuseKubeletIdentity(deps, given, request.kubeletClientId, signal);
  refuseSameName(found, { agent: daemonSetOf(deps, { values, release })?.metadata.name ?? '', ...release });
  const serverMinor = needsServerMinor(values) ? await agent.serverMinor(signal) : undefined;
  const ready =
    serverMinor === undefined ? request : { ...request, release: { ...request.release, serverMinor } };
  await checkCluster(deps, ready, values, signal);
  await expectNamespacesDecided(deps, values, signal);
  reportPorts(deps, values);
  reportTolerations(deps, values);
  reportWithoutEffect(deps, values);
  if (request.dryRun) {
    return await dryRun(deps, ready, { values, way, record }, signal);
  }
  if (way.kind === 'instead') {
    return await installInstead(deps, ready, { values, way, record }, wait);
  }
  const objects = await writeAgent(deps, { values, release: ready.release, force }, wait);
  const nodes = request.noWait ? [] : await waitForAgent(deps, { values, release }, wait);
  if (way.kind === 'alongside' && !request.noWait) {
    await warnOfNodesWithOthersAlone(deps, { found, nodes }, signal);
  }
  return installed(request, values, { objects, nodes });
}

interface Chosen {
  readonly values: AgentValues;
  readonly way: InstallWay;
  readonly record: HelmRelease | undefined;
}

async function checkCluster(
  deps: AgentDeps,
  request: InstallRequest,
  values: AgentValues,
  signal: AbortSignal,
): Promise<void> {
  const { agent } = deps;
  const { namespace } = request.release;
  if (!(await agent.namespaceExists(namespace, signal))) {
    throw new PodidError('AgentRefused', `Namespace ${namespace} does not exist.`, {
      hint: advice`${command('kubectl create namespace', namespace)} && ${allowPrivileged(namespace)}`,
    });
  }
  const minor = request.release.serverMinor ?? leastMinorOfNodes;
  const old = oldServerText(values, minor);
  if (old !== undefined) {
    const isOldForGuard = minor < leastMinorOfGuard;
    throw new PodidError('AgentRefused', old, {
      hint: !isOldForGuard
        ? advice`The same command with --set podid.exchange.podsOfOwnNode=false`
        : values.podid.startupTaint.enabled
          ? advice`The same command with --set podid.startupTaint.enabled=false`
          : advice`The same command with --set podid.exchange.subject=agent`,
    });
  }
  if (values.rbac.allowAccessToSecrets !== undefined) {
    await reportForeignSecrets(deps, request, values, signal);
    return;
  }
  const withSecret = await request.identitiesWithSecret(signal);
  if (withSecret.length > 0) {
    throw new PodidError('AgentRefused', secretsUndecidedText(withSecret), {
      hint: advice`The same command with --set rbac.allowAccessToSecrets=true or =false`,
    });
  }
}

async function dryRun(
  deps: AgentDeps,
  request: InstallRequest,
  { values, way, record }: Chosen,
  signal: AbortSignal,
): Promise<Installed> {
  const { release, force } = request;
  const objects = await tryAgent(deps, { values, release, force }, signal);
  const rendered = agentObjects(deps, { values, release });
  // Both are in the order in which they are written.
  const written = rendered.filter((_, at) => objects[at]?.action !== 'kept');
  const manifests = written.filter(({ kind }) => kind !== 'Secret');
  const gone = way.kind === 'instead' ? upstreamObjects(way.upstream, record) : [];
  const deletes = gone.map(({ apiVersion: _api, ...key }) => ({ ...key, action: 'delete' as const }));
  return { ...installed(request, values, { objects: [...objects, ...deletes], nodes: [] }), manifests };
}

/**
 * Ours beside theirs and ready on every node that has theirs, then theirs away, then ours at the usual ports:
 * no node is without rules at any time.
 */
async function installInstead(
  deps: AgentDeps,
  request: InstallRequest,
  { values, way, record }: Chosen,
  wait: AgentWait,
): Promise<Installed | undefined> {
  if (way.kind !== 'instead') {
    return undefined;
  }
  const { report, confirm } = deps;
  const { release, force } = request;
  const theirs = agentKindText(way.upstream);
  if (!(await confirm(`Install podid's agent and remove ${theirs}?`))) {
    return undefined;
  }
  const which = values.mode === 'standard' ? 'agent and controller' : 'agent';
  report.note(`1 of 3: podid's ${which} beside ${theirs}, on ports of its own`);
  const beside = { ...values, podid: { ...values.podid, alongside: true } };
  const objects = await writeAgent(deps, { values: beside, release, force }, wait);
  await waitForAgent(deps, { values: beside, release, instead: way.upstream }, wait);
  report.note(`2 of 3: removing ${theirs}; identities, bindings and exceptions stay`);
  const removed = await removeUpstream(deps, way.upstream, record, wait);
  report.note("3 of 3: podid's agent moves to the usual ports, node by node");
  await writeAgent(deps, { values, release, force }, wait);
  const nodes = request.noWait ? [] : await waitForAgent(deps, { values, release }, wait);
  return installed(request, values, { objects: [...objects, ...removed], nodes });
}

async function waitForAgent(
  deps: AgentDeps,
  { values, release, instead }: { values: AgentValues; release: AgentRelease; instead?: AgentInstallation },
  wait: AgentWait,
): Promise<Rollout['nodes']> {
  const daemonSet = daemonSetOf(deps, { values, release });
  const nodes = daemonSet === undefined ? [] : await waitForRollout(deps, daemonSet, wait);
  if (daemonSet !== undefined && instead !== undefined) {
    await expectAgentBeside(deps, { daemonSet, other: instead }, wait);
  }
  await waitForController(deps, { values, release }, wait);
  if (nodes.length === 0) {
    deps.report.warn(
      'The agent is installed, but no node matches its node selector, affinity and tolerations.',
      command('kubectl get nodes --show-labels'),
    );
  }
  return nodes;
}

function agentObjects({ agent }: AgentDeps, of: { values: AgentValues; release: AgentRelease }) {
  const { definitions, objects } = agent.render(of.values, of.release);
  return [...definitions, ...objects];
}

function daemonSetOf({ agent }: AgentDeps, of: { values: AgentValues; release: AgentRelease }) {
  return agent.render(of.values, of.release).objects.find(({ kind }) => kind === 'DaemonSet');
}

function installed(
  { release: { namespace, version } }: InstallRequest,
  { mode }: AgentValues,
  result: Pick<Installed, 'objects' | 'nodes'>,
): Installed {
  return { namespace, version, mode, ...result };
}
