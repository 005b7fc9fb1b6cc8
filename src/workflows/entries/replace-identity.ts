import type { Cluster } from '../../domain/clusters/cluster.ts';
import { type DesiredPodIdentity, entryText, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { editProfile, replacesInOneStep } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Deps } from '../../domain/ports.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { changeProfile } from '../change/change-profile.ts';
import type { ChangeSession } from '../change/change-session.ts';
import { findEntry } from '../change/judge-change.ts';
import type { Outcome } from '../change/outcome.ts';
import { profileChanges } from '../change/plan-changes.ts';
import { decideDelete } from './delete-identity.ts';
import { finishIdentity, type ReadyEntry } from './finish-identity.ts';

export type Replacement = Pick<ReadyEntry, 'wanted' | 'role'> & { readonly old: PodIdentity };

/** Asked before anything is granted or written. */
export function confirmReplacement({ confirm }: Deps, cluster: Cluster, old: PodIdentity): Promise<boolean> {
  const replacing = `Replacing the identity of ${entryText(old)}`;
  return confirm(
    replacesInOneStep(cluster.profile)
      ? `${replacing} gives its pods tokens of the new one alone. Go on?`
      : `${replacing} takes two steps, and its pods get no tokens in between. Go on?`,
  );
}

/** Two PUTs: the old entry out, the new one in; the old one is put back when the second comes to nothing. */
export async function replaceIdentity(
  session: ChangeSession,
  cluster: Cluster,
  replacement: Replacement,
): Promise<Outcome<PodIdentity>> {
  const { old, wanted, role } = replacement;
  if (session.options.dryRun) {
    return planReplacement(cluster, replacement);
  }
  const waiting = { ...session, options: { ...session.options, noWait: false } };
  const removed = await changeProfile(waiting, cluster, {
    decide: (current) => decideDelete(current, [old]),
  }).catch((error: unknown) => {
    const mayBeOut = isPodidError(error, 'Interrupted', 'Terminated', 'TimedOut', 'Unavailable');
    throw mayBeOut ? halfDone(cluster, old, error) : error;
  });
  if (removed.failure) {
    return { done: { result: old, cluster: removed.cluster, failure: removed.failure } };
  }
  try {
    return await finishIdentity(session, removed.cluster, {
      wanted,
      role,
      decide: (current) => decidePut(current, wanted),
    });
  } catch (error) {
    if (session.options.signal.aborted) {
      throw halfDone(cluster, old, error);
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

async function putBack(
  session: ChangeSession,
  cluster: Cluster,
  old: PodIdentity,
  reason: unknown,
): Promise<void> {
  const { report } = session.deps;
  const entry = {
    namespace: old.namespace,
    name: old.name,
    bindingSelector: old.bindingSelector,
    identity: old.identity,
  };
  report.warn(`The new identity was not accepted; putting the old entry ${entryText(old)} back.`);
  try {
    await changeProfile(session, cluster, { decide: (current) => decidePut(current, entry) });
  } catch (error) {
    report.warn(`Putting it back failed too: ${error instanceof Error ? error.message : String(error)}`);
    throw halfDone(cluster, old, reason);
  }
}

/**
 * The old entry is out, or on its way, and the new one not in: the one outcome that needs the user's hand.
 */
function halfDone(cluster: Cluster, old: PodIdentity, reason: unknown): PodidError {
  const told = isPodidError(reason) ? reason : undefined;
  const message = reason instanceof Error ? reason.message : String(reason);
  return new PodidError(
    told?.code ?? 'EntriesLost',
    `${message} Pod identity ${entryText(old)} is out of the cluster now, or on its way.`,
    {
      hint: nextCommand('add', cluster.id, {
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
