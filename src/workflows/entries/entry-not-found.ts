import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import { type EntryKey, entryText, sameEntry } from '../../domain/entries/pod-identity.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/** The error about what is not there, naming what has the same name elsewhere. */
export function entryNotFound(
  entries: EntryStore,
  kind: 'pod identity' | 'exception',
  { id, profile }: Pick<Cluster, 'id' | 'profile'>,
  key: EntryKey,
): PodidError {
  if (kind === 'pod identity' && isServicePrincipal({ profile }, key)) {
    return notForPodid(entries, id, key);
  }
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

/** Whether the cluster has an AzureIdentity of that name which podid lists, and never writes or deletes. */
export function isServicePrincipal({ profile }: Pick<Cluster, 'profile'>, key: EntryKey): boolean {
  return profile.servicePrincipals?.some((one) => sameEntry(one, key)) ?? false;
}

/** It is there, so that `--ignore-not-found` does not pass over it: its pods go on getting tokens. */
function notForPodid(entries: EntryStore, id: Cluster['id'], key: EntryKey): PodidError {
  const flags = { namespace: key.namespace, name: key.name };
  return new PodidError(
    'EntryConflict',
    `AzureIdentity ${entryText(key)} is a service principal. podid lists those, and adds, changes and deletes managed identities alone; use kubectl for it.`,
    {
      hint: advice`${entries.command('show', id, flags)}  # shows it`,
      target: entryText(key),
    },
  );
}
