import type { Deps } from '../../domain/deps.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { switchedSince } from '../../domain/takeover/stood-before.ts';
import type { StoredTakeover } from '../../domain/takeover/takeover-cluster.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import type { RollbackWay, WrittenTakeover } from '../../domain/takeover/takeover-record.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type AgentSettings, settingsOf } from './agent-settings.ts';
import { writtenInFile } from './rollback-from-file.ts';
import { checkAddonServes, wayBack } from './steps/back-to-addon.ts';
import { type Saved, withoutDeleted } from './steps/without-deleted.ts';
import type { TakeoverRequest, TakeoverRun } from './takeover-run.ts';
import { readTakeover, whereOf } from './takeover-status.ts';

export interface RollbackRequest extends TakeoverRequest {
  /** What was saved, where the cluster has it no more. */
  readonly file: TakeoverExport | undefined;
  /** Registers the feature first, where the subscription has it no more. */
  readonly registerFeature: boolean;
}

/** A takeover that can be rolled back, and how. */
export interface ReadyToRollBack {
  readonly kube: ConnectedCluster;
  /** The ConfigMap; undefined where it goes by the file. */
  readonly stored: StoredTakeover | undefined;
  readonly written: WrittenTakeover;
  readonly way: RollbackWay;
  /** With what podid's agent is installed. */
  readonly values: AgentSettings;
  /** What is given back. */
  readonly saved: Saved;
}

/** All that may refuse it before anybody is asked for leave; writes nothing. @throws PodidError as `rollbackTakeover` */
export async function readyToRollBack(
  deps: Omit<Deps, 'deadline'>,
  request: RollbackRequest,
): Promise<ReadyToRollBack> {
  const kube = await deps.kube.connect(deps.signal);
  const cluster = await deps.azure.clusters.get(request.cluster, deps.signal);
  const inCluster = await readTakeover(kube, request, deps.signal);
  const { file } = request;
  const written =
    inCluster?.written ??
    (file === undefined ? undefined : await writtenInFile(deps, kube, { request, cluster, file }));
  if (written === undefined || written.record.state === 'rolled-back') {
    const status = nextCommand('takeover status', request.cluster, whereOf(request));
    throw new PodidError('TakeoverBlocked', 'There is no takeover to roll back.', {
      hint:
        inCluster === undefined
          ? advice`${status}  # shows how far it is; where one was under way and its ConfigMap is gone, by the file of the plan: ${command('podid takeover rollback -f FILE').again()}`
          : status,
    });
  }
  const way = await wayBack(kube, cluster, written, deps.signal);
  const values = await valuesFor(way, kube, { deps, request });
  if (way === 'serving' && !written.record.agentWasThere) {
    // A repeated one, and one beside an apply that waits for Azure, first have that apply end.
    await checkAddonServes({ deps, kube, request }, inCluster === undefined ? 'is idle' : 'may be busy');
  }
  const saved = await withoutDeleted(kube, written, request, deps.signal);
  if (saved.deleted.length > 0) {
    deps.report.warn(
      `Not given back, since somebody deleted it after the takeover was done: ${saved.deleted.join(', ')}.`,
    );
  }
  return { kube, stored: inCluster?.stored, written, way, values, saved };
}

/** The agent is written on the way to a new add-on alone, and what it needs is missed before anything is asked. */
async function valuesFor(
  way: RollbackWay,
  kube: ConnectedCluster,
  { deps, request }: { readonly deps: Pick<Deps, 'signal'>; readonly request: RollbackRequest },
): Promise<AgentSettings> {
  const agents = await kube.agent.installations(request.namespace, deps.signal);
  return way === 'serving'
    ? (ownAgent(agents, request.namespace)?.values ?? {})
    : settingsOf(agents, request, { word: 'rollback', isBegun: true });
}

/** Undefined: all, since the agent that exchanges goes. Where it stays, those that the takeover itself switched. */
export async function broughtBack(
  { deps, kube, found }: Pick<TakeoverRun, 'deps' | 'kube' | 'found'>,
  own: AgentInstallation | undefined,
): Promise<readonly EntryKey[] | undefined> {
  const { record, export: saved } = found.written;
  if (!record.agentWasThere) {
    return own === undefined ? [] : undefined;
  }
  if (saved.before === undefined) {
    return [];
  }
  const { resources } = await kube.read(deps.signal);
  return switchedSince(saved.before, own, resources?.identities ?? []);
}
