import { nextCommand } from '../hints/next-command.ts';
import type { Clusters } from '../ports.ts';
import type { EntryStore } from './entry-store.ts';

/** Entries that live in the profile of the add-on, which Azure keeps. */
export function profileStore(clusters: Pick<Clusters, 'get' | 'put' | 'follow'>): EntryStore {
  return {
    get: (id, signal) => clusters.get(id, signal),
    put: (base, edit, options) => clusters.put(base, edit, options),
    follow: (operation, options) => clusters.follow(operation, options),
    // A PUT that Azure refuses has changed nothing.
    checkWritable: async () => undefined,
    replacesInPlace: false,
    deadEntryBlocks: true,
    acceptor: 'Azure',
    failureText: ({ namespace, name, provisioningState }) =>
      `Azure ended pod identity ${namespace}/${name} in state ${provisioningState}`,
    command: nextCommand,
    statusCommand: (cluster) => nextCommand('status', cluster),
    followUpCommand(cluster, { putIdentities: [put] = [], deleteIdentities: [gone] = [] }) {
      if (put) {
        return nextCommand('wait', cluster, { namespace: put.namespace, name: put.name, for: 'assigned' });
      }
      if (gone) {
        return nextCommand('wait', cluster, { namespace: gone.namespace, name: gone.name, for: 'deleted' });
      }
      return nextCommand('wait', cluster, { for: 'idle' });
    },
  };
}
