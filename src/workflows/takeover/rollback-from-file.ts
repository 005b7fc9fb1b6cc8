import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { putByAnnotation, putByTakeover } from '../../domain/kubernetes/agent-values.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { switchedSince } from '../../domain/takeover/stood-before.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import {
  recordVersion,
  type TakeoverRecord,
  type WrittenTakeover,
} from '../../domain/takeover/takeover-record.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { TakeoverQuestion } from './gather-takeover.ts';
import { whereOf } from './takeover-status.ts';

/**
 * What a takeover whose ConfigMap is gone has done, by the file of its plan beside what Azure and the cluster have now.
 * Writes nothing.
 *
 * @throws PodidError TakeoverBlocked: the file is of another cluster, or nothing shows that a takeover was begun by it
 */
export async function writtenInFile(
  { clock, signal }: Pick<Deps, 'clock' | 'signal'>,
  kube: ConnectedCluster,
  of: { readonly request: TakeoverQuestion; readonly cluster: Cluster; readonly file: TakeoverExport },
): Promise<WrittenTakeover> {
  const { request, cluster, file } = of;
  if (file.clusterUid !== (await kube.takeover.clusterUid(signal))) {
    throw new PodidError('TakeoverBlocked', 'The file is of another cluster, or of one that was made anew.', {
      hint: nextCommand('takeover status', request.cluster, whereOf(request)),
    });
  }
  const own = ownAgent(await kube.agent.installations(request.namespace, signal), request.namespace);
  await checkBegun(kube, { ...of, own }, signal);
  const at = new Date(clock.now()).toISOString();
  const record: TakeoverRecord = {
    version: recordVersion,
    state: 'under-way',
    step: cluster.profile.enabled ? 3 : 4,
    begunAt: at,
    stepAt: at,
    proofs: {},
    gaps: [],
    // Where nobody knows, it stays.
    ...(file.before?.agent === false && (own === undefined || own.ofTakeover) ? {} : { agentWasThere: true }),
  };
  return { record, export: file };
}

/** Whoever has a file of a plan need not have begun the takeover: what was there before is not taken away. */
async function checkBegun(
  kube: ConnectedCluster,
  of: {
    readonly request: TakeoverQuestion;
    readonly cluster: Cluster;
    readonly file: TakeoverExport;
    readonly own: AgentInstallation | undefined;
  },
  signal: AbortSignal,
): Promise<void> {
  const { own } = of;
  const { cluster: id } = of.request;
  const { before } = of.file;
  // Nothing but a takeover, or a person, turns it off; its entries are in the file.
  if (!of.cluster.profile.enabled && before?.addon !== false) {
    return;
  }
  if (before === undefined) {
    throw new PodidError(
      'TakeoverBlocked',
      "The add-on is on, and the file, which an earlier podid wrote, does not say whether podid's agent was there before the plan, nor where tokens came from: the agent stays, no identity is brought back to the nodes, and nothing was written.",
      {
        hint: byHand(of.request),
      },
    );
  }
  const { resources } = await kube.read(signal);
  const switched = switchedSince(before, own, resources?.identities ?? []).map(entryText);
  // The first that a takeover writes is the agent: who put one there by hand may have switched identities, too.
  const isBegun = before.addon && (before.agent ? switched.length > 0 : own?.ofTakeover === true);
  if (!isBegun) {
    const agent = before.agent
      ? "podid's agent was there before"
      : own === undefined
        ? "podid's agent is not in the cluster"
        : `podid's agent came since, without the mark of a takeover on its DaemonSet (${putByAnnotation}: ${putByTakeover})`;
    const addon = before.addon ? 'the add-on is on' : 'the add-on was off at the time of the plan';
    throw new PodidError(
      'TakeoverBlocked',
      `Nothing shows that a takeover was begun by this file: ${addon}, and ${agent}${before.agent ? ', and no identity was switched from the nodes to exchange since' : ''}. Nothing was written.`,
      {
        hint:
          before.agent || own === undefined
            ? nextCommand('takeover status', id, whereOf(of.request))
            : byHand(of.request),
      },
    );
  }
}

/** For whoever knows that a takeover was under way, which podid cannot see: the agent may have been installed anew since. */
function byHand({ cluster, namespace }: TakeoverQuestion): Hint {
  return advice`Where a takeover was under way, to have the tokens come from the nodes again: ${nextCommand('exchange disable', cluster)}; and then, to take podid's agent away: ${command('podid nmi uninstall --namespace', namespace)}`;
}
