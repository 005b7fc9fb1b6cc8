import type { Cluster } from '../../domain/clusters/cluster.ts';
import { entryText, type PodIdentityException, sameEntry } from '../../domain/entries/pod-identity.ts';
import { editProfile } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { changeProfile, notWaitedFor } from '../change/change-profile.ts';
import { changesBeside } from '../change/changes-beside.ts';
import { mirrorChange } from '../change/mirror-change.ts';
import type { Outcome } from '../change/outcome.ts';
import { profileChanges } from '../change/plan-changes.ts';
import type { Decision } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { reportWritten } from './report-written.ts';

export interface ReadyException {
  readonly wanted: PodIdentityException;
  /** The exception is to go. */
  readonly gone?: boolean;
  decide(cluster: Cluster): Decision;
}

/** Writes or removes one exception and mirrors that; or, under `--dry-run`, says what that would be. */
export async function finishException(
  deps: ChangeDeps,
  cluster: Cluster,
  ready: ReadyException,
): Promise<Outcome<PodIdentityException>> {
  const { wanted, gone } = ready;
  const mirrored = gone ? { goneExceptions: [wanted] } : { exceptions: [wanted] };
  if (deps.options.dryRun) {
    const decision = ready.decide(cluster);
    const edit = decision.kind === 'write' ? decision.edit : {};
    const beside = await changesBeside(deps, cluster, edit, mirrored);
    const changes = [...profileChanges(cluster.profile, editProfile(cluster.profile, edit)), ...beside];
    return { plan: { changes, puts: decision.kind === 'write' ? 1 : 0 } };
  }
  const changed = await changeProfile(deps, cluster, ready);
  const there = changed.cluster.profile.exceptions.find((entry) => sameEntry(entry, wanted));
  const done = { result: gone ? wanted : (there ?? wanted), cluster: changed.cluster };
  if (changed.failure) {
    return { done: { ...done, failure: changed.failure } };
  }
  if (deps.options.noWait) {
    deps.report.note(notWaitedFor(nextCommand('wait', changed.cluster.id, { for: 'idle' })));
    return { done };
  }
  const what = `exception ${entryText(done.result)}`;
  if (gone) {
    deps.report.note(`Deleted ${what}.`);
  } else {
    const wasThere = cluster.profile.exceptions.some((entry) => sameEntry(entry, wanted));
    reportWritten(deps, what, { wrote: changed.wrote, wasThere });
  }
  const { failure } = await mirrorChange(deps, changed.cluster, mirrored);
  return { done: { ...done, ...(failure ? { failure } : {}) } };
}
