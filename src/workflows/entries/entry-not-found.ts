import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { PodidError } from '../../errors/podid-error.ts';

/** The refusal to touch what is not there, naming what has the same name elsewhere. */
export function entryNotFound(
  kind: 'pod identity' | 'exception',
  cluster: ClusterId,
  key: EntryKey,
  known: readonly EntryKey[],
): PodidError {
  const equivalents = known.filter(({ name }) => name === key.name).map(({ namespace }) => namespace);
  const elsewhere =
    equivalents.length === 0 ? '' : ` There is one of that name in namespace ${equivalents.join(', ')}.`;
  const words = kind === 'exception' ? 'exception list' : 'list';
  return new PodidError(
    'EntryNotFound',
    `Cluster ${cluster.name} has no ${kind} ${entryText(key)}.${elsewhere}`,
    {
      hint: `${nextCommand(words, cluster)}  # shows what there is`,
      target: entryText(key),
    },
  );
}
