import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { IdentityResources } from '../../domain/kubernetes/identity-resources.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { type HoldHead, holdKeys, holdText, holdVersion, longestHoldMs } from '../../domain/takeover/hold.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import { recordKeys, type TakeoverRecord } from '../../domain/takeover/takeover-record.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent/agent-deps.ts';
import type { InstallRequest } from '../agent/install/install-agent.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import type { RehearseOptions } from '../exchange/rehearse.ts';
import type { AgentSettings, GivenValues } from './agent-settings.ts';
import type { FoundTakeover, StatusRequest } from './takeover-status.ts';

export interface TakeoverRequest extends StatusRequest {
  /** Of a text, in hex. */
  readonly sha256: (text: string) => string;
  readonly values: GivenValues;
  /** How the agent is installed: in front of the add-on's, or at the usual ports. */
  readonly install: (way: InstallWay & { readonly values: AgentSettings }) => InstallRequest;
  readonly wait: AgentWait;
  readonly rehearsal: RehearseOptions;
  /** Has tokens exchanged where they can be; else all of them stay with the nodes. */
  readonly exchanges: boolean;
  /** One pod a node asks for a token each second. */
  readonly probes: boolean;
  /** For so long nothing may have changed before a step that AKS could undo counts as done. */
  readonly settleMs: number;
}

interface InstallWay {
  readonly alongside: boolean;
  readonly force: boolean;
}

/** A takeover that is under way. */
export interface TakeoverRun {
  /** Asks nothing: the whole of it was agreed to. */
  readonly deps: Omit<Deps, 'deadline'>;
  readonly kube: ConnectedCluster;
  readonly request: TakeoverRequest;
  readonly options: ChangeOptions;
  /** With what podid's agent is installed. */
  readonly values: AgentSettings;
  /** As it stands in the cluster. */
  found: FoundTakeover;
  /** The write of it that is under way; undefined: there was none yet. */
  keeping?: Promise<void>;
  /** When the machines were looked at last. RFC 3339; undefined: not yet, in this run. */
  lookedAt?: string;
  /** Of the record, as soon as objects are back: it is written with the next change of it. */
  definitions?: TakeoverRecord['definitions'];
}

export function agentDepsOf({ deps, kube }: Pick<TakeoverRun, 'deps' | 'kube'>): AgentDeps {
  const { clock, report, confirm } = deps;
  return {
    agent: kube.agent,
    workloads: kube.workloads,
    standardMode: kube.standardMode,
    clock,
    report,
    confirm,
  };
}

/** Marked as the takeover's where it found none: by that a rollback knows it again that has nothing but the file. */
export function installOf({ request, values, found }: TakeoverRun, way: InstallWay): InstallRequest {
  const install = request.install({ ...way, values });
  return found.written.record.agentWasThere
    ? install
    : { ...install, release: { ...install.release, ofTakeover: true } };
}

/** What the ConfigMap is to hold. */
interface Kept {
  readonly record: TakeoverRecord;
  readonly export: TakeoverExport;
  /** Absent: agents hold nothing. */
  readonly hold?: HoldHead;
}

/**
 * Writes down how far it is, one after the other: objects and nodes are seen to at once.
 *
 * @throws PodidError StaleCluster: somebody else goes on with it, too
 */
export async function keep(run: TakeoverRun, kept: Kept): Promise<void> {
  const before = run.keeping;
  const writing = (async () => {
    await before?.catch(() => undefined);
    const { kube, deps, found, definitions } = run;
    const record = { ...kept.record, ...(definitions === undefined ? {} : { definitions }) };
    const stored = await kube.takeover.write(found.stored, dataOf({ ...kept, record }), deps.signal);
    run.found = { stored, written: { record, export: kept.export } };
  })();
  run.keeping = writing;
  await writing;
}

export function dataOf({ record, export: exported, hold }: Kept): Record<string, string> {
  const { objects, ...rest } = exported;
  return {
    [recordKeys.record]: JSON.stringify(record),
    [recordKeys.export]: JSON.stringify(rest),
    [holdKeys.objects]: holdText(objects),
    ...(hold === undefined ? {} : { [holdKeys.head]: JSON.stringify(hold) }),
  };
}

/** The hold that stands in the ConfigMap now; undefined where there is none. */
export function standingHold({ found }: TakeoverRun): HoldHead | undefined {
  const text = found.stored.data[holdKeys.head];
  return text === undefined ? undefined : (JSON.parse(text) as HoldHead);
}

/** A hold of these objects, from now on. */
export function newHold(run: TakeoverRun, objects: IdentityResources): HoldHead {
  const { deps, request, found } = run;
  const nowMs = deps.clock.now();
  return {
    version: holdVersion,
    cluster: found.written.export.clusterUid,
    object: found.stored.uid,
    from: new Date(nowMs).toISOString(),
    until: new Date(nowMs + longestHoldMs).toISOString(),
    sha256: request.sha256(holdText(objects)),
  };
}

/**
 * What the cluster's own API has, as agents see it.
 *
 * @throws PodidError TakeoverBlocked: it has none of what was saved, which is no view to hold; and those of `read`
 */
export async function objectsNow({
  kube,
  deps,
  request,
  found,
}: Pick<TakeoverRun, 'kube' | 'deps' | 'request' | 'found'>): Promise<IdentityResources> {
  const { resources } = await kube.read(deps.signal);
  const saved = found.written.export.objects.identities.length;
  if (resources === undefined || (resources.identities.length === 0 && saved > 0)) {
    throw new PodidError(
      'TakeoverBlocked',
      `The cluster has none of the ${counted(saved, 'AzureIdentity', 'AzureIdentities')} that were saved.`,
      { hint: advice`${nextCommand('mirror', request.cluster)}  # writes what Azure has` },
    );
  }
  return resources;
}
