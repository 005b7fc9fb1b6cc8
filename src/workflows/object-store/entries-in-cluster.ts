import type { Deps, EntryStore } from '../../domain/ports.ts';
import { nodeSideOfAzure } from './node-side-of-azure.ts';
import { objectStore } from './object-store.ts';

export interface EntriesChoice {
  /** Whether the cluster is known to Azure, and not by a kubeconfig alone. */
  readonly azure: boolean;
  /** The entries that the command is about; absent members stand for all. */
  readonly about: { readonly namespace?: string; readonly name?: string };
}

/** The entries of a cluster without the add-on: the objects in it, and the identities on its nodes. */
export function entriesInCluster(deps: Deps, { azure: isKnown, about }: EntriesChoice): EntryStore {
  const { azure, objects, report } = deps;
  return objectStore({
    ...(isKnown ? { azure: { ports: azure, nodes: nodeSideOfAzure(deps) } } : {}),
    objects,
    report,
    lookUp: ({ namespace, name }) =>
      (about.namespace ?? namespace) === namespace && (about.name ?? name) === name,
  });
}
