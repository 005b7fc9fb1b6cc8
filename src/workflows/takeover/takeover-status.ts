import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { takeoverName } from '../../domain/takeover/hold.ts';
import type { NodeGap } from '../../domain/takeover/node-gaps.ts';
import type { StoredTakeover } from '../../domain/takeover/takeover-cluster.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import type { WrittenTakeover } from '../../domain/takeover/takeover-record.ts';
import {
  lastTakeoverStep,
  noProof,
  sumOfProofs,
  type TakeoverProof,
  type TakeoverState,
  takeoverSteps,
} from '../../domain/takeover/takeover-steps.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { TakeoverQuestion } from './gather-takeover.ts';

/** How far a takeover is, members in the documented order. */
export interface TakeoverStatus {
  readonly step: number;
  readonly of: number;
  readonly title: string;
  readonly state: TakeoverState;
  /** Of all steps together. */
  readonly proof: TakeoverProof;
  /** Of each step in which probes asked. */
  readonly steps: readonly (TakeoverProof & { readonly step: number })[];
  /** Of identities that pods get from the nodes, as far as AKS took them off. */
  readonly gaps: readonly ShownGap[];
  readonly next: Hint | undefined;
}

export interface ShownGap {
  /** NAMESPACE/NAME of its AzureIdentity. */
  readonly identity: string;
  /** Name of the machine. */
  readonly machine: string;
  /** Milliseconds at most; null: it is not back. */
  readonly ms: number | null;
}

export interface StatusRequest extends TakeoverQuestion {
  /** How the data of the ConfigMap is read; a sentence where it says nothing. */
  readonly readRecord: ReadRecord;
}

export type ReadRecord = (data: StoredTakeover['data']) => WrittenTakeover | string;

/** Reads how far it is, and writes nothing. @throws PodidError as `readTakeover`, and those of `Clusters.get` */
export async function takeoverStatus(
  deps: Pick<Deps, 'azure' | 'kube' | 'clock' | 'report' | 'signal'>,
  request: StatusRequest,
): Promise<TakeoverStatus> {
  const kube = await deps.kube.connect(deps.signal);
  const found = await readTakeover(kube, request, deps.signal);
  if (found !== undefined) {
    return statusOf(found.written, request);
  }
  const cluster = await deps.azure.clusters.get(request.cluster, deps.signal);
  const next = cluster.profile.enabled
    ? nextCommand('takeover plan', cluster.id, whereOf(request))
    : nextCommand('nmi status', cluster.id);
  return {
    step: 0,
    of: lastTakeoverStep,
    title: cluster.profile.enabled
      ? 'No takeover has been begun'
      : 'The add-on is off, and nothing is taken over',
    state: 'not-begun',
    proof: noProof,
    steps: [],
    gaps: [],
    next,
  };
}

export function statusOf(
  { record, export: exported }: WrittenTakeover,
  question: TakeoverQuestion,
): TakeoverStatus {
  const steps = Object.entries(record.proofs)
    .map(([step, proof]) => ({ step: Number(step), ...proof }))
    .toSorted((one, other) => one.step - other.step);
  return {
    step: record.step,
    of: lastTakeoverStep,
    title: takeoverSteps[record.step] ?? '',
    state: record.state,
    proof: sumOfProofs(steps),
    steps,
    gaps: record.gaps.flatMap((gap) => shownGaps(gap, exported)),
    next:
      record.state === 'under-way'
        ? nextCommand(
            record.rollingBack === undefined ? 'takeover apply' : 'takeover rollback',
            question.cluster,
            whereOf(question),
          )
        : undefined,
  };
}

/** A row for each object of the identity: several may name one. */
function shownGaps(
  { machine, identityId, from, until }: NodeGap,
  { objects }: WrittenTakeover['export'],
): readonly ShownGap[] {
  return objects.identities
    .filter(({ spec }) => (spec.resourceID ?? '').toLowerCase() === identityId.toLowerCase())
    .map(({ metadata }) => ({
      identity: entryText(metadata),
      machine: machine.split('/').at(-1) ?? machine,
      ms: until === null ? null : Math.max(0, Date.parse(until) - Date.parse(from)),
    }));
}

export interface FoundTakeover {
  readonly stored: StoredTakeover;
  readonly written: WrittenTakeover;
}

/**
 * The takeover of this very cluster; undefined where none has been begun.
 *
 * @throws PodidError TakeoverUnusable: the ConfigMap is of another cluster, or not podid's; Forbidden | ClusterUnreachable
 */
export async function readTakeover(
  kube: Pick<ConnectedCluster, 'takeover'>,
  { cluster, namespace, readRecord }: StatusRequest,
  signal: AbortSignal,
): Promise<FoundTakeover | undefined> {
  const [stored, clusterUid] = await Promise.all([
    kube.takeover.read(namespace, signal),
    kube.takeover.clusterUid(signal),
  ]);
  if (stored === undefined) {
    return undefined;
  }
  const written = readRecord(stored.data);
  const fault =
    typeof written === 'string'
      ? written
      : written.export.clusterUid !== clusterUid
        ? 'it was written for another cluster'
        : isOf(written.export, cluster)
          ? undefined
          : `it is the one of cluster ${written.export.cluster.name} in resource group ${written.export.cluster.resourceGroup}, and you named ${cluster.name} in ${cluster.resourceGroup}`;
  if (typeof written === 'string' || fault !== undefined) {
    throw new PodidError(
      'TakeoverUnusable',
      `ConfigMap ${namespace}/${takeoverName} is not a takeover of this cluster: ${fault}.`,
      {
        hint: advice`Look at it, and delete it where nobody needs it: ${command('kubectl delete configmap', takeoverName, '-n', namespace)}`,
        target: `${namespace}/${takeoverName}`,
      },
    );
  }
  return { stored, written };
}

/** Of whose entries the export is: a kubeconfig may lead to another cluster than `-g` and `-c` name. */
export function isOf({ cluster: named }: Pick<TakeoverExport, 'cluster'>, id: ClusterId): boolean {
  const same = (one: string | undefined, other: string) =>
    one === undefined || one.toLowerCase() === other.toLowerCase();
  return (
    same(named.subscription, id.subscriptionId) &&
    same(named.resourceGroup, id.resourceGroup) &&
    same(named.name, id.name)
  );
}

export function whereOf({ namespace }: Pick<TakeoverQuestion, 'namespace'>): Record<string, string> {
  return namespace === 'kube-system' ? {} : { namespace };
}
