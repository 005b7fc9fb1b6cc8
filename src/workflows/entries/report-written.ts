import type { Cluster } from '../../domain/clusters/cluster.ts';
import { entryText, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import type { Reporter } from '../../domain/ports.ts';
import { findEntry } from '../change/judge-change.ts';

/** Says what a change that has come to its end has done with an entry. @param what with its kind, `exception demo/web` */
export function reportWritten(
  { report }: { readonly report: Pick<Reporter, 'note'> },
  what: string,
  { wrote, wasThere }: { readonly wrote: boolean; readonly wasThere: boolean },
): void {
  if (!wrote) {
    report.note(`Nothing to change: ${what} is there already.`);
    return;
  }
  report.note(`${wasThere ? 'Changed' : 'Created'} ${what}.`);
}

/** Says which of the entries are gone from the cluster as it was last read. */
export function reportDeleted(
  { report }: { readonly report: Pick<Reporter, 'note'> },
  cluster: Cluster,
  entries: readonly PodIdentity[],
): void {
  const gone = entries.filter((entry) => findEntry(cluster, entry) === undefined);
  if (gone.length > 0) {
    const kind = gone.length === 1 ? 'pod identity' : 'pod identities';
    report.note(`Deleted ${kind} ${gone.map(entryText).join(', ')}.`);
  }
}
