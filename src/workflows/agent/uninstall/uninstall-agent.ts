import { counted } from '../../../domain/counted.ts';
import type { AgentObjectChange, StoredLedger } from '../../../domain/kubernetes/agent-cluster.ts';
import { withImage } from '../../../domain/kubernetes/agent-image.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import type { AgentRelease, AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import type { ObjectRef } from '../../../domain/kubernetes/kube-object.ts';
import { podidAgents } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import { advice, type Command, command, othersText } from '../../../errors/hint.ts';
import type { PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';
import { agentPods, controllerPods, untilPodsAreGone } from '../until-pods-are-gone.ts';
import {
  type CleanedNode,
  type CleanUpRequest,
  cleanUpNodes,
  knownNodes,
  nodesMissed,
} from './clean-up-nodes.ts';
import { refuseAgents, refuseOthers, refuseServedNode } from './refuse-uninstall.ts';
import {
  type CleanedMachine,
  ledgerOfInstallation,
  type MachineAccess,
  machinesMissed,
  ownedText,
  planRemoval,
  removeLedgerIdentities,
  reportLeft,
} from './remove-ledger-identities.ts';
import { leftTokenRoles, removeLeftRoles } from './remove-left-roles.ts';
import { cleanUpTools } from './render-clean-up.ts';

export interface UninstallRequest {
  readonly release: AgentRelease;
  /** Where no agent is found, they say with which image the nodes are cleaned. */
  readonly values: AgentValues;
  /** The agent is gone already, or another program takes it away: only the nodes are cleaned. */
  readonly cleanUpOnly: boolean;
  /** Cleans this node alone, and leaves the agent where it is. */
  readonly node?: string;
  readonly dryRun: boolean;
  /** Also takes from the machines what the controller put there; absent: it stays. */
  readonly removeIdentities?: MachineAccess;
}

export interface Uninstalled {
  readonly objects: readonly AgentObjectChange[];
  readonly nodes: readonly CleanedNode[];
  /** Absent where identities were to stay. */
  readonly machines?: readonly CleanedMachine[];
}

export interface UninstallEnd {
  readonly result: Uninstalled;
  /** Nodes were missed: the result stands all the same. */
  readonly failure?: PodidError;
}

/**
 * Takes the agent away, and then what it left on the nodes: never before, or the agents would put it back.
 * Definitions, identities, bindings and exceptions stay.
 *
 * @returns undefined when the question was answered by No
 * @throws PodidError AgentPresent | AgentRefused | ConfirmationRequired | EntryNotFound | Forbidden |
 * ClusterUnreachable | InvalidUsage where neither an agent nor a value names an image to clean the nodes with
 */
export async function uninstallAgent(
  deps: AgentDeps,
  request: UninstallRequest,
  wait: AgentWait,
): Promise<UninstallEnd | undefined> {
  const { agent, report } = deps;
  const { release, cleanUpOnly, node } = request;
  const found = podidAgents(await agent.installations(release.namespace, wait.signal), release.namespace);
  const installation = found.find(({ namespace }) => namespace === release.namespace);
  if (node !== undefined) {
    await knownNodes(deps, node, wait.signal);
    await refuseServedNode(deps, found, node, wait.signal);
  } else if (cleanUpOnly) {
    refuseAgents(found);
  } else {
    const left = installation === undefined ? await leftTokenRoles(agent, release, wait.signal) : [];
    if (left.length > 0) {
      return await removeLeftRoles(deps, request, left, wait);
    }
    refuseOthers(found, release);
  }
  const own = cleanUpOnly || node !== undefined ? [] : await agent.ownObjects(release, wait.signal);
  if (!cleanUpOnly && node === undefined && own.length === 0) {
    report.note(
      advice`No agent of podid's is installed in namespace ${othersText(release.namespace)}. Rules that one left on nodes: ${command('podid nmi uninstall --clean-up-only --namespace', release.namespace).again()}`,
    );
    return { result: { objects: [], nodes: [] } };
  }
  // Which may be refused, and then before anything goes.
  const cleanUp = cleanUpOf(request, installation);
  const objects = own.map(deletion);
  const { removeIdentities } = request;
  const removes = removeIdentities !== undefined;
  const goes = cleanUpOnly || own.some(({ kind }) => kind === 'Deployment');
  const ledger = await ledgerOfInstallation(deps, { removes, goes }, wait.signal);
  if (request.dryRun) {
    const planned = removeIdentities && { machines: ledger === undefined ? [] : planRemoval(ledger) };
    return { result: { objects, nodes: [], ...planned } };
  }
  if (!(await deps.confirm(question(request, own, ledger)))) {
    return undefined;
  }
  await removeObjects(deps, { own, release, installation }, wait);
  if (cleanUpOnly) {
    await untilPodsAreGone(deps, agentPods(release, request.values), wait);
  }
  // Before the rules go: without them every pod of a node reaches what the node carries.
  const removed = removeIdentities && {
    machines: await removeLedgerIdentities(deps, removeIdentities, wait),
  };
  const nodes = await cleanUpNodes(deps, cleanUp, wait);
  if (removed === undefined) {
    reportLeft(deps, ledger, furtherRun(request, cleanUp, '--remove-identities'));
  }
  return endOf(deps, request, cleanUp, { objects, nodes, ...removed });
}

function deletion({ apiVersion: _api, ...key }: ObjectRef): AgentObjectChange {
  return { ...key, action: 'delete' };
}

function question(
  { release, node, cleanUpOnly, removeIdentities }: UninstallRequest,
  own: readonly ObjectRef[],
  ledger: StoredLedger | undefined,
): string {
  const removed = removeIdentities && ownedText(ledger);
  const also = removed === undefined ? '' : ` Also removed: ${removed}.`;
  const then = `Pods that use an identity then reach the node's own identities instead.${also}`;
  if (node !== undefined) {
    return `Remove the agent's rules from node ${node}? ${then}`;
  }
  if (cleanUpOnly) {
    return `Remove the agent's rules from every node? ${then}`;
  }
  return `Remove the agent in namespace ${release.namespace} (${counted(own.length, 'object')}) and its rules on every node? ${then}`;
}

async function removeObjects(
  deps: AgentDeps,
  {
    own,
    release,
    installation,
  }: {
    readonly own: readonly ObjectRef[];
    readonly release: AgentRelease;
    readonly installation: AgentInstallation | undefined;
  },
  wait: AgentWait,
): Promise<void> {
  for (const ref of own) {
    deps.report.progress(`Removing ${ref.kind} ${ref.name}`);
    await deps.agent.remove(ref, wait.signal);
    if (ref.kind === 'DaemonSet' && installation !== undefined) {
      await untilPodsAreGone(deps, installation, wait);
    }
    if (ref.kind === 'Deployment') {
      await untilPodsAreGone(deps, controllerPods(release), wait);
    }
  }
}

function cleanUpOf(request: UninstallRequest, installation: AgentInstallation | undefined): CleanUpRequest {
  const { release, values, node } = request;
  const { startupTaint } = values.podid;
  const taint = installation?.startupTaint ?? (startupTaint.enabled ? startupTaint.key : undefined);
  return {
    release,
    tools: cleanUpTools(installation, values, release.version),
    ...(node === undefined ? {} : { node }),
    // Of one node that the agent has left, the taint is nobody's business: it may be new.
    ...(taint === undefined || node !== undefined ? {} : { startupTaint: taint }),
  };
}

/** For what this one leaves, with the same image: the agent that named it is gone by then. */
function furtherRun(
  { node, values, release }: UninstallRequest,
  { tools }: CleanUpRequest,
  ...flags: readonly string[]
): Command {
  const where = node === undefined ? ['--clean-up-only', ...flags] : ['--node', node];
  const run = command('podid nmi uninstall').with(...where, '--namespace', release.namespace);
  return (values.podid.image.repository === '' ? withImage(run, tools.image) : run).again();
}

function endOf(
  { report }: AgentDeps,
  request: UninstallRequest,
  cleanUp: CleanUpRequest,
  result: Uninstalled,
): UninstallEnd {
  const left = machinesMissed(result.machines ?? [], furtherRun(request, cleanUp, '--remove-identities'));
  if (left !== undefined) {
    return { result, failure: left };
  }
  const missed = nodesMissed(result.nodes, furtherRun(request, cleanUp));
  if (missed !== undefined) {
    return { result, failure: missed };
  }
  const where = request.node ?? counted(result.nodes.length, 'node');
  report.note(`Cleaned: ${where}. No rules, boot guard or taint of podid's are left there.`);
  if (!request.cleanUpOnly && request.node === undefined) {
    report.note(
      'Left in the cluster: the definitions of the identity kinds, and all identities, bindings and exceptions.',
    );
  }
  return { result };
}
