import type { Cluster } from '../../domain/clusters/cluster.ts';
import { editProfile } from '../../domain/entries/profile-edit.ts';
import { changeProfile } from '../change/change-profile.ts';
import type { Outcome } from '../change/outcome.ts';
import { profileChanges } from '../change/plan-changes.ts';
import type { ProfileChange } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { type AddonStatus, addonStatus } from './read-status.ts';

/** Turns the add-on on or off; or, under `--dry-run`, says what that would change. */
export async function finishAddon(
  deps: ChangeDeps,
  cluster: Cluster,
  change: ProfileChange,
): Promise<Outcome<AddonStatus>> {
  if (deps.options.dryRun) {
    const decision = change.decide(cluster);
    if (decision.kind !== 'write') {
      return { plan: { changes: [], puts: 0 } };
    }
    const after = editProfile(cluster.profile, decision.edit);
    return { plan: { changes: profileChanges(cluster.profile, after), puts: 1 } };
  }
  const changed = await changeProfile(deps, cluster, change);
  const done = { result: addonStatus(changed.cluster), cluster: changed.cluster };
  return { done: { ...done, ...(changed.failure ? { failure: changed.failure } : {}) } };
}
