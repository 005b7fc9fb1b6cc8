import { managedIdentityType, parseResourceId, sameResource } from '../../domain/azure/resource-id.ts';
import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { deriveName } from '../../domain/entries/derive-name.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import {
  type DesiredPodIdentity,
  entryProgress,
  entryText,
  type PodIdentity,
} from '../../domain/entries/pod-identity.ts';
import { checkLimits, editProfile } from '../../domain/entries/profile-edit.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { holdsIdentity } from '../change/compare-profile.ts';
import { findEntry } from '../change/judge-change.ts';
import type { Outcome } from '../change/outcome.ts';
import type { Decision } from '../change/profile-change.ts';
import {
  type ChangeDeps,
  type ChangeOptions,
  readGatedCluster,
  startChange,
  storeOptions,
} from '../change/start-change.ts';
import { type IdentityExtras, prepareIdentity } from '../identities/prepare-identity.ts';
import { finishIdentity } from './finish-identity.ts';

export interface AddIdentityRequest {
  readonly cluster: ClusterId;
  readonly namespace: string;
  /** Absent or empty: derived from the managed identity's own name. */
  readonly name?: string;
  readonly identityResourceId: string;
  readonly bindingSelector?: string;
  /** `--create-identity` and `--grant`. */
  readonly extras?: IdentityExtras;
}

const demands = { addon: true, kubenetConsent: true, usablePool: true };
const nothingKnown = { clientId: '', objectId: '' };

/**
 * Lets pods in one namespace use one managed identity. Repeating the same request changes nothing, or fixes
 * what failed.
 */
export async function addIdentity(
  deps: Omit<Deps, 'deadline'>,
  request: AddIdentityRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentity>> {
  const started = startChange(deps, options);
  const named = { ...request, name: request.name || nameOf(started, request) };
  const cluster = await readGatedCluster(started, request.cluster, demands);
  const sketch = wantedEntry(named, { resourceId: request.identityResourceId, ...nothingKnown });
  refuseConflict(deps.entries, cluster, sketch);
  checkLimits(cluster, editProfile(cluster.profile, { putIdentities: [sketch] }));
  // Before anything is created or granted for an entry that cannot be written.
  if (!options.dryRun) {
    await deps.entries.checkWritable(cluster, { putIdentities: [sketch] }, storeOptions(started));
  }
  const { identity, role, planned } = await prepareIdentity(started, cluster, sketch, {
    resourceId: request.identityResourceId,
    ...request.extras,
  });
  const { resourceId, clientId, principalId } = identity;
  const wanted = wantedEntry(named, { resourceId, clientId, objectId: principalId });
  const decide = (current: Cluster) => decideAdd(deps.entries, current, wanted);
  return finishIdentity(started, cluster, { wanted, role, planned, decide });
}

function nameOf(deps: ChangeDeps, request: AddIdentityRequest): string {
  const own = parseResourceId(request.identityResourceId, managedIdentityType)?.name ?? '';
  const name = deriveName(own);
  deps.report.note(`No --name given: the pod identity is called ${name}, after the managed identity.`);
  return name;
}

function wantedEntry(
  request: AddIdentityRequest & { name: string },
  identity: DesiredPodIdentity['identity'],
): DesiredPodIdentity {
  const { namespace, name, bindingSelector } = request;
  return { namespace, name, identity, ...(bindingSelector === undefined ? {} : { bindingSelector }) };
}

function decideAdd(entries: EntryStore, cluster: Cluster, wanted: DesiredPodIdentity): Decision {
  checkCluster(cluster, demands);
  const edit = { putIdentities: [wanted] };
  const existing = findEntry(cluster, wanted);
  if (existing === undefined) {
    return { kind: 'write', edit };
  }
  if (entryProgress(existing) === 'deleting') {
    return { kind: 'wait-gone', keys: [wanted] };
  }
  refuseConflict(entries, cluster, wanted);
  if (entryProgress(existing) === 'failed' || !holdsIdentity(existing, wanted)) {
    return { kind: 'write', edit };
  }
  return entryProgress(existing) === 'running' ? { kind: 'judge', edit } : { kind: 'nothing' };
}

/**
 * An identity that was deleted and made again under its name has other ids: that is not a conflict but a
 * repair.
 */
function refuseConflict(entries: EntryStore, cluster: Cluster, wanted: DesiredPodIdentity): void {
  const existing = findEntry(cluster, wanted);
  if (existing === undefined || entryProgress(existing) === 'deleting') {
    return;
  }
  const selector = wanted.bindingSelector ?? wanted.name;
  const sameIdentity = sameResource(existing.identity.resourceId, wanted.identity.resourceId);
  if (sameIdentity && existing.bindingSelector === selector) {
    return;
  }
  const { namespace, name } = wanted;
  const other = sameIdentity
    ? `the selector ${existing.bindingSelector}`
    : `the identity ${existing.identity.resourceId}`;
  const update = entries.command('update', cluster.id, {
    namespace,
    name,
    ...(sameIdentity
      ? { 'binding-selector': selector }
      : { 'identity-resource-id': wanted.identity.resourceId }),
  });
  throw new PodidError('EntryConflict', `Pod identity ${entryText(wanted)} exists already, with ${other}.`, {
    hint: sameIdentity
      ? update
      : advice`Choose another name, such as ${command('--name', freeName(cluster, wanted))}, or replace it: ${update}`,
    target: entryText(wanted),
  });
}

function freeName(cluster: Cluster, { namespace, name }: DesiredPodIdentity): string {
  for (let number = 2; ; number++) {
    const candidate = `${name}-${number}`;
    if (!findEntry(cluster, { namespace, name: candidate })) {
      return candidate;
    }
  }
}
