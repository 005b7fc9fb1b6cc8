import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { type PodIdentitiesFile, profileFile } from '../../domain/entries/pod-identities-file.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { mirrorChange } from '../change/mirror-change.ts';
import type { Outcome } from '../change/outcome.ts';
import { objectChanges } from '../change/plan-changes.ts';
import type { Decision, ProfileChange } from '../change/profile-change.ts';
import { type ChangeOptions, readGatedCluster, startChange } from '../change/start-change.ts';
import { finishAddon } from './finish-addon.ts';
import { type AddonStatus, addonStatus } from './read-status.ts';

export interface DisableRequest {
  readonly cluster: ClusterId;
  /** Only says what that would mean: it holds for the whole subscription. */
  readonly unregisterFeature: boolean;
  /**
   * Keeps what is there, before anything goes. @throws PodidError InvalidUsage when the file cannot be
   * written
   */
  readonly save?: (file: PodIdentitiesFile) => Promise<void>;
  /** As of a change of the profile: called right before the write, after all waiting. */
  readonly beforeWrite?: ProfileChange['beforeWrite'];
}

const demands = { addon: false, kubenetConsent: false, usablePool: false };

/** Turns the add-on off. All identities, exceptions and the consent go with it, so it shows them and asks. */
export async function disableAddon(
  deps: Omit<Deps, 'deadline'>,
  request: DisableRequest,
  options: ChangeOptions,
): Promise<Outcome<AddonStatus>> {
  const started = startChange(deps, options);
  const cluster = await readGatedCluster(started, request.cluster, demands);
  if (request.unregisterFeature) {
    explainUnregistering(deps, cluster);
  }
  const everything = {
    goneIdentities: cluster.profile.identities,
    goneExceptions: cluster.profile.exceptions,
  };
  const change: ProfileChange = {
    decide: (current) => decideDisable(current, cluster),
    beforeWrite: request.beforeWrite,
  };
  if (options.dryRun) {
    const planned = await finishAddon(started, cluster, change);
    const { objects } = await mirrorChange(started, cluster, everything);
    const { changes, puts } = planned.plan ?? { changes: [], puts: 0 };
    return { plan: { changes: [...changes, ...objectChanges(objects)], puts } };
  }
  if (cluster.profile.enabled) {
    reportLoss(deps, cluster);
    if (!(await confirmLoss(deps, cluster))) {
      return { done: { result: addonStatus(cluster), cluster } };
    }
    await request.save?.(profileFile(cluster));
  }
  const outcome = await finishAddon(started, cluster, change);
  if (options.noWait || outcome.done?.failure || !outcome.done) {
    return outcome;
  }
  if (cluster.profile.enabled) {
    deps.report.note(`Turned pod identity off on cluster ${cluster.id.name}. Removed: ${lossText(cluster)}.`);
  }
  const { failure } = await mirrorChange(started, outcome.done.cluster, everything);
  return failure ? { done: { ...outcome.done, failure } } : outcome;
}

/** What somebody has added since the loss was shown, agreed to and saved, is not lost. */
function decideDisable(cluster: Cluster, agreed: Cluster): Decision {
  checkCluster(cluster, demands);
  if (!cluster.profile.enabled) {
    return { kind: 'nothing' };
  }
  const known = new Set(entryFacts(agreed));
  if (!entryFacts(cluster).every((fact) => known.has(fact))) {
    throw changedSince(cluster);
  }
  return { kind: 'write', edit: { addon: 'off' } };
}

function entryFacts(cluster: Cluster): string[] {
  const { identities = [], exceptions = [] } = profileFile(cluster);
  return [...identities, ...exceptions].map((entry) => JSON.stringify(entry));
}

function changedSince({ id, resourceId }: Cluster): PodidError {
  return new PodidError(
    'EntryConflict',
    `Someone else has changed the entries of cluster ${id.name} since they were shown. Nothing was turned off.`,
    { hint: advice`${nextCommand('disable', id)}  # shows them again`, target: resourceId },
  );
}

function confirmLoss({ confirm }: Pick<Deps, 'confirm'>, { id, profile }: Cluster): Promise<boolean> {
  const { identities, exceptions } = profile;
  if (identities.length + exceptions.length === 0) {
    return Promise.resolve(true);
  }
  return confirm(`Turn pod identity off on cluster ${id.name} and remove ${lossText({ profile })}?`);
}

function lossText({ profile }: Pick<Cluster, 'profile'>): string {
  const { identities, exceptions } = profile;
  return `${counted(identities.length, 'pod identity', 'pod identities')} and ${counted(exceptions.length, 'exception')}`;
}

function reportLoss({ report }: Pick<Deps, 'report'>, { id, profile }: Cluster): void {
  for (const entry of profile.identities) {
    report.note(`will be removed: pod identity ${entryText(entry)} (${entry.identity.resourceId})`);
  }
  for (const entry of profile.exceptions) {
    report.note(`will be removed: exception ${entryText(entry)}`);
  }
  report.warn(
    "AKS then removes the add-on's agent from every node. On a node without a ready agent of podid's, pods get the node's own identities from then on.",
    advice`${nextCommand('nmi install', id, { alongside: true })}  # puts one there first; to see the nodes without: ${nextCommand('nmi status', id)}`,
  );
}

function explainUnregistering({ report }: Pick<Deps, 'report'>, { id }: Cluster): void {
  report.warn(
    `Unregistering EnablePodIdentityPreview applies to the whole subscription ${id.subscriptionId} and turns nothing off on any cluster, so podid does not do it.`,
    advice`az feature unregister --namespace Microsoft.ContainerService --name EnablePodIdentityPreview`,
  );
}
