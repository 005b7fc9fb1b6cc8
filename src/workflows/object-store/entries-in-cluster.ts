import type { Deps } from '../../domain/deps.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import type { CommandFlags } from '../../domain/hints/next-command.ts';
import { nodeSideOfAzure } from './node-side-of-azure.ts';
import { objectStore } from './object-store.ts';

export interface EntriesChoice {
  /** The flags that name the cluster, where a kubeconfig alone does. */
  readonly clusterFlags?: CommandFlags;
  /** Whether the cluster is known to Azure, and not by a kubeconfig alone. */
  readonly azure: boolean;
  /** The entries that the command is about; absent members stand for all. */
  readonly about: { readonly namespace?: string; readonly name?: string };
}

/** The entries of a cluster without the add-on: the objects in it, and the identities on its nodes. */
export function entriesInCluster(
  deps: Omit<Deps, 'deadline'>,
  { azure: isKnown, about, clusterFlags }: EntriesChoice,
): EntryStore {
  const { azure, kube, report, clock } = deps;
  return objectStore({
    ...(isKnown ? { azure: { ports: azure, nodes: nodeSideOfAzure(deps) } } : {}),
    kube,
    clock,
    report,
    ...(clusterFlags === undefined ? {} : { clusterFlags }),
    lookUp: ({ namespace, name }) =>
      (about.namespace ?? namespace) === namespace && (about.name ?? name) === name,
  });
}
