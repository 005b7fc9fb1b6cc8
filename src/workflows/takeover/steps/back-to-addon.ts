import { isBusy } from '../../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { type EntryKey, sameEntry } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type KubeObject, refOf, refText } from '../../../domain/kubernetes/kube-object.ts';
import type { ConnectedCluster } from '../../../domain/kubernetes/workloads.ts';
import type { RollbackWay, WrittenTakeover } from '../../../domain/takeover/takeover-record.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import type { TakeoverRun } from '../takeover-run.ts';
import { whereOf } from '../takeover-status.ts';
import { restored } from './bring-objects.ts';

/**
 * Whether the add-on serves still. What counts is what Azure and the cluster have: a run may have been killed within
 * step 4, somebody may have turned the add-on off and on, or AKS may have taken the definitions.
 */
export async function wayBack(
  kube: ConnectedCluster,
  { profile }: Cluster,
  { record, export: exported }: WrittenTakeover,
  signal: AbortSignal,
): Promise<RollbackWay> {
  if (!profile.enabled || record.step >= 4 || record.disabling || record.rollingBack === 'new') {
    return 'new';
  }
  const { identities } = exported;
  const hasEntries =
    identities.length === 0 ||
    identities.some((entry) => profile.identities.some((own) => sameEntry(own, entry)));
  return hasEntries && (await hasDefinitions(kube, signal)) ? 'serving' : 'new';
}

async function hasDefinitions(kube: ConnectedCluster, signal: AbortSignal): Promise<boolean> {
  try {
    return (await kube.read(signal)).resources !== undefined;
  } catch (error) {
    if (isPodidError(error, 'MirrorFailed')) {
      return false;
    }
    throw error;
  }
}

/** Without an agent, pods reach the node's own identities. @throws PodidError TakeoverBlocked: the add-on has none there */
export async function checkAddonServes(
  { deps, kube, request }: Pick<TakeoverRun, 'deps' | 'kube' | 'request'>,
  azure: 'is idle' | 'may be busy',
): Promise<void> {
  const cluster = await deps.azure.clusters.get(request.cluster, deps.signal);
  const hasAgent = (await kube.agent.installations(request.namespace, deps.signal)).some(
    ({ kind }) => kind === 'addon',
  );
  const why =
    azure === 'is idle' && isBusy(cluster)
      ? `Azure is still working on the cluster (${cluster.provisioningState})`
      : cluster.profile.enabled
        ? hasAgent
          ? undefined
          : "the add-on's agent is not in the cluster"
        : 'the add-on was turned off meanwhile';
  if (why !== undefined) {
    throw new PodidError('TakeoverBlocked', `podid's agent stays: ${why}.`, {
      hint: advice`Once it is there and Azure is done (${nextCommand('status', request.cluster)}; ${command('kubectl get daemonsets -n kube-system')}), to go on from there: ${nextCommand('takeover rollback', request.cluster, whereOf(request)).again()}`,
    });
  }
}

/** What AKS took away and does not write again: objects that are no entry's, such as those of Helm. */
export async function missingOfOthers({
  deps,
  kube,
  found,
}: Pick<TakeoverRun, 'deps' | 'kube' | 'found'>): Promise<readonly KubeObject[]> {
  const saved = found.written.export;
  const { resources } = await kube.read(deps.signal);
  const there = new Set(
    resources === undefined ? [] : restored(resources, {}).map((object) => refText(refOf(object))),
  );
  const isEntry = (key: EntryKey) => saved.identities.some((entry) => sameEntry(entry, key));
  const { identities, bindings, exceptions } = saved.objects;
  return restored(
    {
      identities: identities.filter(({ metadata }) => !isEntry(metadata)),
      bindings: bindings.filter(
        ({ metadata: { namespace }, spec }) => !isEntry({ namespace, name: spec.azureIdentity ?? '' }),
      ),
      exceptions: exceptions.filter(
        ({ metadata }) => !saved.exceptions.some((exception) => sameEntry(exception, metadata)),
      ),
    },
    saved.marks,
  ).filter((object) => !there.has(refText(refOf(object))));
}

/** Puts them back. */
export async function restoreMissing(run: TakeoverRun): Promise<void> {
  const { deps, kube } = run;
  for (const object of await missingOfOthers(run)) {
    const { action, reason = '' } = await kube.takeover.restore(object, deps.signal);
    if (action === 'foreign') {
      throw new PodidError('TakeoverBlocked', `${refText(refOf(object))} was not put back: ${reason}`);
    }
    deps.report.note(`Put back what is not an entry's: ${refText(refOf(object))}`);
  }
}
