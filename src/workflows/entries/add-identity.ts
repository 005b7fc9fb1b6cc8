import { managedIdentityType, parseResourceId, sameResource } from '../../domain/azure/resource-id.ts';
import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { deriveName } from '../../domain/entries/derive-name.ts';
import { entryProgress } from '../../domain/entries/entry-state.ts';
import { checkLimits } from '../../domain/entries/limits.ts';
import { type DesiredPodIdentity, entryText, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { editProfile } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Deps } from '../../domain/ports.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ChangeOptions } from '../change/change-options.ts';
import { type ChangeSession, startChange } from '../change/change-session.ts';
import { holdsIdentity } from '../change/compare-profile.ts';
import { findEntry } from '../change/judge-change.ts';
import type { Outcome } from '../change/outcome.ts';
import { type IdentityExtras, prepareIdentity, readGatedCluster } from '../change/prepare-change.ts';
import type { Decision } from '../change/profile-change.ts';
import { rehearse } from '../change/rehearse.ts';
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
  deps: Deps,
  request: AddIdentityRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentity>> {
  const session = startChange(deps, options);
  const named = { ...request, name: request.name || nameOf(session, request) };
  const cluster = await readGatedCluster(session, request.cluster, demands);
  const sketch = wantedEntry(named, { resourceId: request.identityResourceId, ...nothingKnown });
  refuseConflict(cluster, sketch);
  checkLimits(cluster, editProfile(cluster.profile, { putIdentities: [sketch] }));
  // Before anything is created or granted for an entry that cannot be written.
  if (!options.dryRun) {
    await rehearse(session, cluster, { putIdentities: [sketch] });
  }
  const { identity, role, planned } = await prepareIdentity(
    session,
    cluster,
    request.identityResourceId,
    request.extras,
  );
  const { resourceId, clientId, principalId } = identity;
  const wanted = wantedEntry(named, { resourceId, clientId, objectId: principalId });
  const decide = (current: Cluster) => decideAdd(current, wanted);
  return finishIdentity(session, cluster, { wanted, role, planned, decide });
}

function nameOf(session: ChangeSession, request: AddIdentityRequest): string {
  const own = parseResourceId(request.identityResourceId, managedIdentityType)?.name ?? '';
  const name = deriveName(own);
  session.deps.report.note(
    `No --name given: the pod identity is called ${name}, after the managed identity.`,
  );
  return name;
}

function wantedEntry(
  request: AddIdentityRequest & { name: string },
  identity: DesiredPodIdentity['identity'],
): DesiredPodIdentity {
  const { namespace, name, bindingSelector } = request;
  return { namespace, name, identity, ...(bindingSelector === undefined ? {} : { bindingSelector }) };
}

function decideAdd(cluster: Cluster, wanted: DesiredPodIdentity): Decision {
  checkCluster(cluster, demands);
  const edit = { putIdentities: [wanted] };
  const existing = findEntry(cluster, wanted);
  if (existing === undefined) {
    return { kind: 'write', edit };
  }
  if (entryProgress(existing) === 'deleting') {
    return { kind: 'wait-gone', keys: [wanted] };
  }
  refuseConflict(cluster, wanted);
  if (entryProgress(existing) === 'failed' || !holdsIdentity(existing, wanted)) {
    return { kind: 'write', edit };
  }
  return entryProgress(existing) === 'running' ? { kind: 'judge', edit } : { kind: 'nothing' };
}

/**
 * An identity that was deleted and made again under its name has other ids: that is no conflict but a repair.
 */
function refuseConflict(cluster: Cluster, wanted: DesiredPodIdentity): void {
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
  const update = nextCommand('update', cluster.id, {
    namespace,
    name,
    ...(sameIdentity
      ? { 'binding-selector': selector }
      : { 'identity-resource-id': wanted.identity.resourceId }),
  });
  throw new PodidError('EntryConflict', `Pod identity ${entryText(wanted)} exists already, with ${other}.`, {
    hint: sameIdentity
      ? update
      : `Choose another name, such as --name ${freeName(cluster, wanted)}, or replace it: ${update}`,
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
