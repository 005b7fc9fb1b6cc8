import type { Cluster } from '../../domain/clusters/cluster.ts';
import { type DesiredPodIdentity, entryText, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { editProfile } from '../../domain/entries/profile-edit.ts';
import { addAgainFlags, nextCommand } from '../../domain/hints/next-command.ts';
import { advice } from '../../errors/hint.ts';
import { changeProfile, notWaitedFor } from '../change/change-profile.ts';
import { changesBeside } from '../change/changes-beside.ts';
import { findEntry } from '../change/judge-change.ts';
import { mirrorChange } from '../change/mirror-change.ts';
import type { Change, Outcome } from '../change/outcome.ts';
import { profileChanges } from '../change/plan-changes.ts';
import type { Decision } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import type { GrantedRole } from '../identities/grant-operator-role.ts';
import { reportWritten } from './report-written.ts';

/** An entry ready to be written: its identity is read, its role is found or granted. */
export interface ReadyEntry {
  readonly wanted: DesiredPodIdentity;
  readonly role: GrantedRole;
  /** The entry as it was, where the write of it is the second of two. */
  readonly old?: PodIdentity;
  /** What a dry run adds. */
  readonly planned?: readonly Change[];
  decide(cluster: Cluster): Decision;
}

/** Writes one entry, waits for its end and mirrors it; or, under `--dry-run`, says what that would be. */
export async function finishIdentity(
  deps: ChangeDeps,
  cluster: Cluster,
  ready: ReadyEntry,
): Promise<Outcome<PodIdentity>> {
  const { options } = deps;
  if (options.dryRun) {
    return planIdentity(deps, cluster, ready);
  }
  const changed = await changeProfile(deps, cluster, {
    decide: ready.decide,
    ...(ready.role.fresh ? { freshlyGranted: [ready.wanted.identity.resourceId] } : {}),
    ...(ready.role.refused ? { grantRefused: ready.role.refused } : {}),
  });
  const entry = findEntry(changed.cluster, ready.wanted) ?? asEntry(ready.wanted);
  const done = { result: entry, cluster: changed.cluster };
  if (changed.failure) {
    return { done: { ...done, failure: changed.failure } };
  }
  if (options.noWait) {
    deps.report.note(
      notWaitedFor(
        nextCommand('wait', changed.cluster.id, {
          namespace: entry.namespace,
          name: entry.name,
          for: 'assigned',
        }),
      ),
    );
    return { done };
  }
  const before = ready.old ?? findEntry(cluster, ready.wanted);
  reportWritten(deps, `pod identity ${entryText(entry)}`, {
    wrote: changed.wrote,
    wasThere: before !== undefined,
  });
  warnOfOthers(deps, changed.cluster, ready.wanted);
  const { failure } = await mirrorChange(deps, changed.cluster, { identities: [entry] });
  return { done: { ...done, ...(failure ? { failure } : {}) } };
}

async function planIdentity(
  deps: ChangeDeps,
  cluster: Cluster,
  ready: ReadyEntry,
): Promise<Outcome<PodIdentity>> {
  const decision = ready.decide(cluster);
  const writes = decision.kind === 'write' || decision.kind === 'wait-gone';
  const after = writes ? editProfile(cluster.profile, { putIdentities: [ready.wanted] }) : cluster.profile;
  const edit = writes ? { putIdentities: [ready.wanted] } : {};
  const beside = await changesBeside(deps, cluster, edit, { identities: [asEntry(ready.wanted)] });
  const changes = [
    ...(ready.planned ?? []),
    ...(ready.role.missing ? [ready.role.missing] : []),
    ...profileChanges(cluster.profile, after),
    ...beside,
  ];
  return { plan: { changes, puts: writes ? 1 : 0 } };
}

function asEntry(wanted: DesiredPodIdentity): PodIdentity {
  return { ...wanted, bindingSelector: wanted.bindingSelector ?? wanted.name };
}

/** Entries of others that are Failed are not a failure of this command, and worth a warning. */
function warnOfOthers(deps: ChangeDeps, cluster: Cluster, own: DesiredPodIdentity): void {
  const failed = cluster.profile.identities.filter(
    (entry) =>
      entry.provisioningState?.toLowerCase() === 'failed' &&
      !(entry.name === own.name && entry.namespace === own.namespace),
  );
  const [first] = failed;
  if (first === undefined) {
    return;
  }
  const key = { namespace: first.namespace, name: first.name };
  deps.report.warn(
    `Other entries are Failed: ${failed.map(({ namespace, name }) => `${namespace}/${name}`).join(', ')}.`,
    advice`${deps.entries.command('add', cluster.id, addAgainFlags(first))}  # writes it again; if its managed identity is gone: ${deps.entries.command('delete', cluster.id, key)}`,
  );
}
