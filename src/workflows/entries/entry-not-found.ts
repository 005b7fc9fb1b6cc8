import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/** The error about what is not there, naming what has the same name elsewhere. */
export function entryNotFound(
  entries: EntryStore,
  kind: 'pod identity' | 'exception',
  { id, profile }: Pick<Cluster, 'id' | 'profile'>,
  key: EntryKey,
): PodidError {
  const known: readonly EntryKey[] = kind === 'exception' ? profile.exceptions : profile.identities;
  const equivalents = known.filter(({ name }) => name === key.name).map(({ namespace }) => namespace);
  const elsewhere =
    equivalents.length === 0 ? '' : ` There is one of that name in namespace ${equivalents.join(', ')}.`;
  const words = kind === 'exception' ? 'exception list' : 'list';
  return new PodidError('EntryNotFound', `Cluster ${id.name} has no ${kind} ${entryText(key)}.${elsewhere}`, {
    hint: advice`${entries.command(words, id)}  # shows what there is`,
    target: entryText(key),
  });
}
