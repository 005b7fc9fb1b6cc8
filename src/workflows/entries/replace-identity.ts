import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import { type DesiredPodIdentity, entryText, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { editProfile } from '../../domain/entries/profile-edit.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { changeProfile } from '../change/change-profile.ts';
import { findEntry } from '../change/judge-change.ts';
import type { Outcome } from '../change/outcome.ts';
import { profileChanges } from '../change/plan-changes.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { decideDelete } from './delete-identity.ts';
import { finishIdentity, type ReadyEntry } from './finish-identity.ts';

export type Replacement = Pick<ReadyEntry, 'wanted' | 'role'> & { readonly old: PodIdentity };

/** Asked before anything is granted or written. */
export function confirmReplacement(
  { confirm, entries }: Pick<Deps, 'confirm' | 'entries'>,
  old: PodIdentity,
): Promise<boolean> {
  const replacing = `Replacing the identity of ${entryText(old)}`;
  return confirm(
    entries.replacesInPlace
      ? `${replacing} means that its pods get tokens of the new one only. Continue?`
      : `${replacing} takes two steps, and its pods get no tokens in between. Continue?`,
  );
}

/** Two PUTs: the old entry out, the new one in; the old one is put back when the second comes to nothing. */
export async function replaceIdentity(
  deps: ChangeDeps,
  cluster: Cluster,
  replacement: Replacement,
): Promise<Outcome<PodIdentity>> {
  const { old, wanted, role } = replacement;
  if (deps.options.dryRun) {
    return planReplacement(cluster, replacement);
  }
  const waiting = { ...deps, options: { ...deps.options, noWait: false } };
  const removed = await changeProfile(waiting, cluster, {
    decide: (current) => decideDelete(current, [old]),
  }).catch((error: unknown) => {
    const mayBeOut = isPodidError(error, 'Interrupted', 'Terminated', 'TimedOut', 'Unavailable');
    throw mayBeOut ? halfDone(deps.entries, cluster, old, error) : error;
  });
  if (removed.failure) {
    return { done: { result: old, cluster: removed.cluster, failure: removed.failure } };
  }
  try {
    return await finishIdentity(deps, removed.cluster, {
      wanted,
      role,
      old,
      decide: (current) => decidePut(current, wanted),
    });
  } catch (error) {
    if (deps.signal.aborted) {
      throw halfDone(deps.entries, cluster, old, error);
    }
    await putBack(waiting, removed.cluster, old, error);
    throw error;
  }
}

function decidePut(cluster: Cluster, wanted: DesiredPodIdentity) {
  const existing = findEntry(cluster, wanted);
  if (existing === undefined) {
    return { kind: 'write' as const, edit: { putIdentities: [wanted] } };
  }
  return { kind: 'judge' as const, edit: { putIdentities: [wanted] } };
}

function planReplacement(cluster: Cluster, { old, wanted, role }: Replacement): Outcome<PodIdentity> {
  const between = editProfile(cluster.profile, { deleteIdentities: [old] });
  const after = editProfile(between, { putIdentities: [wanted] });
  const changes = [...profileChanges(cluster.profile, between), ...profileChanges(between, after)];
  return { plan: { changes: [...(role.missing ? [role.missing] : []), ...changes], puts: 2 } };
}

async function putBack(deps: ChangeDeps, cluster: Cluster, old: PodIdentity, reason: unknown): Promise<void> {
  const { report } = deps;
  const entry = {
    namespace: old.namespace,
    name: old.name,
    bindingSelector: old.bindingSelector,
    identity: old.identity,
  };
  report.warn(`The new identity was not accepted; putting the old entry ${entryText(old)} back.`);
  try {
    await changeProfile(deps, cluster, { decide: (current) => decidePut(current, entry) });
  } catch (error) {
    report.warn(`Putting it back failed too: ${error instanceof Error ? error.message : String(error)}`);
    throw halfDone(deps.entries, cluster, old, reason);
  }
}

/**
 * The old entry is out, or on its way, and the new one not in: the one outcome that needs the user's hand.
 */
function halfDone(entries: EntryStore, cluster: Cluster, old: PodIdentity, reason: unknown): PodidError {
  const code = isPodidError(reason) ? reason.code : 'EntriesLost';
  const message = reason instanceof Error ? reason.message : String(reason);
  return new PodidError(
    code,
    `${message} Pod identity ${entryText(old)} has been removed from the cluster, or is being removed.`,
    {
      hint: entries.command('add', cluster.id, {
        namespace: old.namespace,
        name: old.name,
        'identity-resource-id': old.identity.resourceId,
        'binding-selector': old.bindingSelector,
      }),
      target: entryText(old),
      cause: reason,
    },
  );
}
