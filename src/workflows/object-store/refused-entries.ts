import { isAddonException } from '../../domain/entries/addon-exception.ts';
import type { RefusedEntry } from '../../domain/entries/entry-store.ts';
import { type EntryKey, entryText, sameEntry } from '../../domain/entries/pod-identity.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { namespaceMissing, type ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/**
 * The entries whose objects cannot be written: their namespace is missing, or they are someone else's. One
 * for each entry.
 */
export function refusedEntries(objects: readonly ObjectChange[]): RefusedEntry[] {
  const refused: RefusedEntry[] = [];
  for (const object of objects) {
    const error = errorOf(object);
    if (error === undefined) {
      continue;
    }
    const entry = entryOf(object);
    if (!refused.some((other) => other.kind === entry.kind && sameEntry(other, entry))) {
      refused.push({ ...entry, error });
    }
  }
  return refused;
}

/**
 * The one exception that is in every cluster with an agent and is not an entry. @throws PodidError
 * EntryConflict
 */
export function refuseAddonException({ putExceptions = [] }: ProfileEdit): void {
  const [found] = putExceptions.filter(isAddonException);
  if (found === undefined) {
    return;
  }
  throw new PodidError(
    'EntryConflict',
    `Exception ${entryText(found)} is installed with the agent and managed by it.`,
    {
      hint: advice`Choose another name`,
      target: entryText(found),
    },
  );
}

/** All of them in one error. @throws PodidError when there are some */
export function throwRefused(refused: readonly RefusedEntry[]): void {
  const [first, ...others] = refused;
  if (first === undefined) {
    return;
  }
  if (others.length === 0) {
    throw first.error;
  }
  const { code, hint, target } = first.error;
  throw new PodidError(code, `${first.error.message} (and ${others.length} more)`, {
    ...(hint === undefined ? {} : { hint }),
    target,
    details: refused.map(({ error }) => ({ code: error.code, message: error.message })),
  });
}

function errorOf(object: ObjectChange): PodidError | undefined {
  const { kind, namespace, action, reason = action } = object;
  const called = `${kind} ${entryText(object)}`;
  if (action === 'foreign') {
    return new PodidError('EntryConflict', `${called} belongs to another manager. ${reason}.`, {
      hint: advice`The same command with --force takes it over; without it podid changes only what podid wrote`,
      target: entryText(entryOf(object)),
    });
  }
  if (action !== 'pending') {
    return undefined;
  }
  if (reason === namespaceMissing(namespace)) {
    return new PodidError('NamespaceNotFound', `The cluster has no namespace ${namespace}.`, {
      hint: command('kubectl create namespace', namespace),
      target: namespace,
    });
  }
  return new PodidError('Unavailable', `${called} cannot be written now. ${reason}.`, {
    hint: advice`The same command again, once that is over`,
    target: entryText(entryOf(object)),
  });
}

function entryOf({ kind, namespace, name }: ObjectChange): EntryKey & Pick<RefusedEntry, 'kind'> {
  switch (kind) {
    case 'AzureIdentity':
      return { kind: 'identity', namespace, name };
    case 'AzureIdentityBinding':
      return { kind: 'identity', namespace, name: name.replace(/-binding$/, '') };
    case 'AzurePodIdentityException':
      return { kind: 'exception', namespace, name };
  }
}
