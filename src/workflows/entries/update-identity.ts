import { sameResource } from '../../domain/azure/resource-id.ts';
import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import {
  type DesiredPodIdentity,
  type EntryKey,
  entryProgress,
  entryText,
  type PodIdentity,
} from '../../domain/entries/pod-identity.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { holdsIdentity } from '../change/compare-profile.ts';
import { findEntry } from '../change/judge-change.ts';
import type { Outcome } from '../change/outcome.ts';
import type { Decision } from '../change/profile-change.ts';
import { type ChangeOptions, readGatedCluster, startChange, storeOptions } from '../change/start-change.ts';
import { prepareIdentity } from '../identities/prepare-identity.ts';
import { entryNotFound } from './entry-not-found.ts';
import { finishIdentity } from './finish-identity.ts';
import { confirmReplacement, replaceIdentity } from './replace-identity.ts';

export type UpdateIdentityRequest = {
  readonly cluster: ClusterId;
  /** At least one of these two is there. */
  readonly bindingSelector?: string;
  readonly identityResourceId?: string;
} & EntryKey;

const demands = { addon: true, kubenetConsent: true, usablePool: false };

/**
 * Gives an entry another selector, in one write, or another identity, after asking. Azure refuses that in one
 * step: there the entry is deleted and added.
 *
 * @throws PodidError EntryNotFound | EntryConflict | ConfirmationRequired and what `add` throws
 */
export async function updateIdentity(
  deps: Omit<Deps, 'deadline'>,
  request: UpdateIdentityRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentity>> {
  const started = startChange(deps, options);
  const cluster = await readGatedCluster(started, request.cluster, demands);
  const existing = findEntry(cluster, request);
  if (existing === undefined) {
    throw entryNotFound(deps.entries, 'pod identity', cluster, request);
  }
  const resourceId = request.identityResourceId ?? existing.identity.resourceId;
  const replaces = !sameResource(resourceId, existing.identity.resourceId);
  if (!options.dryRun) {
    const sketch = sketchOf(existing, request, resourceId);
    await deps.entries.checkWritable(cluster, { putIdentities: [sketch] }, storeOptions(started));
  }
  if (replaces && !options.dryRun && !(await confirmReplacement(deps, existing))) {
    return { done: { result: existing, cluster } };
  }
  const { identity, role } = await prepareIdentity(started, cluster, existing, { resourceId });
  const wanted: DesiredPodIdentity = {
    namespace: existing.namespace,
    name: existing.name,
    bindingSelector: request.bindingSelector ?? existing.bindingSelector,
    identity: {
      resourceId: replaces ? identity.resourceId : existing.identity.resourceId,
      clientId: identity.clientId,
      objectId: identity.principalId,
    },
  };
  const decide = (current: Cluster) =>
    decideUpdate(deps.entries, current, wanted, replaces ? existing : wanted);
  const ready = { wanted, role, decide };
  return replaces && !deps.entries.replacesInPlace
    ? replaceIdentity(started, cluster, { ...ready, old: existing })
    : finishIdentity(started, cluster, ready);
}

/** The entry as far as it is known before the managed identity is read. */
function sketchOf(
  existing: PodIdentity,
  { bindingSelector = existing.bindingSelector }: UpdateIdentityRequest,
  resourceId: string,
): DesiredPodIdentity {
  const { namespace, name, identity: held } = existing;
  const stays = sameResource(resourceId, held.resourceId);
  const identity = stays ? held : { resourceId, clientId: '', objectId: '' };
  return { namespace, name, bindingSelector, identity };
}

/** @param agreed the entry with the identity that may be there now, besides the wanted one */
function decideUpdate(
  entries: EntryStore,
  cluster: Cluster,
  wanted: DesiredPodIdentity,
  agreed: DesiredPodIdentity,
): Decision {
  checkCluster(cluster, demands);
  const edit = { putIdentities: [wanted] };
  const existing = findEntry(cluster, wanted);
  if (existing === undefined) {
    throw entryNotFound(entries, 'pod identity', cluster, wanted);
  }
  const expected = [wanted, agreed].map(({ identity }) => identity.resourceId);
  if (!expected.some((id) => sameResource(existing.identity.resourceId, id))) {
    throw replacedMeanwhile(wanted);
  }
  if (entryProgress(existing) === 'deleting') {
    return { kind: 'wait-gone', keys: [wanted] };
  }
  if (entryProgress(existing) === 'failed' || !holdsIdentity(existing, wanted)) {
    return { kind: 'write', edit };
  }
  return entryProgress(existing) === 'running' ? { kind: 'judge', edit } : { kind: 'nothing' };
}

function replacedMeanwhile(wanted: DesiredPodIdentity): PodidError {
  return new PodidError(
    'EntryConflict',
    `Someone else has given pod identity ${entryText(wanted)} another managed identity meanwhile.`,
    {
      hint: advice`${command('podid show --namespace', wanted.namespace, '--name', wanted.name)}  # prints the current entry; run the command again if it still applies`,
      target: entryText(wanted),
    },
  );
}
