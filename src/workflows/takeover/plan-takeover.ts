import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { stoodBefore } from '../../domain/takeover/stood-before.ts';
import { type TakeoverExport, takeoverExport } from '../../domain/takeover/takeover-export.ts';
import type { TakeoverFinding } from '../../domain/takeover/takeover-findings.ts';
import type { Hint } from '../../errors/hint.ts';
import { type Probe, readOr } from '../doctor/probe.ts';
import { findBlockers } from './find-blockers.ts';
import { findNotes } from './find-notes.ts';
import { gatherTakeover, resourcesOf, type TakeoverFacts, type TakeoverQuestion } from './gather-takeover.ts';
import type { ReadRecord } from './takeover-status.ts';

export interface PlannedTakeover {
  readonly cluster: ClusterId;
  readonly isAddonOn: boolean;
  /** Of what was read; undefined: it was not, and nobody knows. */
  readonly counts: {
    readonly identities: number | undefined;
    readonly bindings: number | undefined;
    readonly exceptions: number | undefined;
    readonly machines: number | undefined;
  };
  readonly blockers: readonly TakeoverFinding[];
  readonly notes: readonly TakeoverFinding[];
  readonly next: Hint;
  /** Unread where it would lack objects, machines or what it knows the cluster by: no rollback may take what it lacks for what was not there. */
  readonly export: Probe<TakeoverExport>;
}

export interface PlanRequest extends TakeoverQuestion {
  readonly readRecord: ReadRecord;
  /** Of a text, in hex. */
  readonly sha256: (text: string) => string;
  /** The file into which the export goes; undefined: none. */
  readonly file: string | undefined;
}

/** Step 0: what would go, what keeps it from being begun, and what is to be known. Writes nothing. @throws as `gatherTakeover` */
export async function planTakeover(
  deps: Pick<Deps, 'azure' | 'kube' | 'clock' | 'report' | 'signal'>,
  request: PlanRequest,
): Promise<PlannedTakeover> {
  const kube = await deps.kube.connect(deps.signal);
  return planFacts(await gatherTakeover(deps, kube, request), request);
}

export function planFacts(
  facts: TakeoverFacts,
  { namespace, sha256, file, readRecord }: Omit<PlanRequest, 'cluster'>,
): PlannedTakeover {
  const { cluster } = facts;
  const own = ownAgent(readOr(facts.agents, []), namespace);
  const read = readOr(facts.objects, undefined);
  const objects = read && resourcesOf(read);
  const found = readOr(facts.stored, undefined);
  const stored = found === undefined ? undefined : readRecord(found.data);
  const isBegun = stored !== undefined && (typeof stored === 'string' || stored.record.state === 'under-way');
  const blockers = findBlockers(facts, { namespace, isBegun });
  const where = namespace === 'kube-system' ? {} : { namespace };
  const next =
    blockers[0]?.hint ??
    (file === undefined
      ? nextCommand('takeover plan', cluster.id, { ...where, out: 'takeover.yaml' })
      : nextCommand('takeover apply', cluster.id, { ...where, file }));
  return {
    cluster: cluster.id,
    isAddonOn: cluster.profile.enabled,
    counts: {
      identities: objects?.identities.length,
      bindings: objects?.bindings.length,
      exceptions: objects?.exceptions.length,
      machines: readOr(facts.machines, undefined)?.length,
    },
    blockers,
    notes: findNotes(facts, own),
    next,
    export: exportOf(facts, own, sha256),
  };
}

function exportOf(
  { cluster, clusterUid, agents, objects, machines }: TakeoverFacts,
  own: AgentInstallation | undefined,
  sha256: PlanRequest['sha256'],
): PlannedTakeover['export'] {
  if (objects.kind === 'unread') {
    return objects;
  }
  if (machines.kind === 'unread') {
    return machines;
  }
  // By these a rollback knows the cluster again, and what was there before.
  if (clusterUid.kind === 'unread') {
    return clusterUid;
  }
  if (agents.kind === 'unread') {
    return agents;
  }
  const resources = resourcesOf(objects.value);
  const before = stoodBefore(cluster.profile.enabled, own, resources.identities);
  const saved = {
    cluster,
    clusterUid: clusterUid.value,
    objects: resources,
    machines: machines.value,
    before,
  };
  return { kind: 'read', value: takeoverExport(saved, sha256) };
}
