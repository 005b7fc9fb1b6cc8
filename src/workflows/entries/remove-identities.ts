import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { PodIdentity } from '../../domain/entries/pod-identity.ts';
import { editProfile } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice } from '../../errors/hint.ts';
import { changeProfile, notWaitedFor } from '../change/change-profile.ts';
import { changesBeside } from '../change/changes-beside.ts';
import { findEntry } from '../change/judge-change.ts';
import { mirrorChange } from '../change/mirror-change.ts';
import type { Outcome } from '../change/outcome.ts';
import { profileChanges } from '../change/plan-changes.ts';
import type { Decision } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { planRevocation, revokeOperatorRole } from '../identities/revoke-operator-role.ts';

export interface Removal {
  readonly entries: readonly PodIdentity[];
  readonly revokeRole: boolean;
  decide(cluster: Cluster): Decision;
}

/** Removes entries in one PUT, then their mirrored objects and, if asked, their role assignments. */
export async function removeIdentities(
  deps: ChangeDeps,
  cluster: Cluster,
  removal: Removal,
): Promise<Outcome<readonly PodIdentity[]>> {
  const { entries, revokeRole } = removal;
  if (deps.options.dryRun) {
    return planRemoval(deps, cluster, removal);
  }
  const changed = await changeProfile(deps, cluster, removal);
  const done = { result: entries, cluster: changed.cluster };
  if (changed.failure) {
    return { done: { ...done, failure: changed.failure } };
  }
  if (deps.options.noWait) {
    const also = revokeRole ? [advice`no role was revoked`] : [];
    deps.report.note(notWaitedFor(nextCommand('wait', changed.cluster.id, waitFlags(entries)), also));
    const answered = entries.map((entry) => findEntry(changed.cluster, entry) ?? entry);
    return { done: { ...done, result: answered } };
  }
  if (revokeRole) {
    await revokeOperatorRole(deps, changed.cluster, entries);
  }
  const { failure } = await mirrorChange(deps, changed.cluster, { goneIdentities: entries });
  return { done: { ...done, ...(failure ? { failure } : {}) } };
}

async function planRemoval(
  deps: ChangeDeps,
  cluster: Cluster,
  removal: Removal,
): Promise<Outcome<readonly PodIdentity[]>> {
  const decision = removal.decide(cluster);
  const writes = decision.kind === 'write';
  const after = writes ? editProfile(cluster.profile, decision.edit) : cluster.profile;
  const edit = writes ? decision.edit : {};
  const beside = await changesBeside(deps, cluster, edit, { goneIdentities: removal.entries });
  const roles = removal.revokeRole
    ? await planRevocation(deps, { ...cluster, profile: after }, removal.entries)
    : [];
  return {
    plan: {
      changes: [...profileChanges(cluster.profile, after), ...roles, ...beside],
      puts: writes ? 1 : 0,
    },
  };
}

function waitFlags([only, ...others]: readonly PodIdentity[]): Readonly<Record<string, string>> {
  if (only === undefined || others.length > 0) {
    return { for: 'idle' };
  }
  return { namespace: only.namespace, name: only.name, for: 'deleted' };
}
