import type { Deps, EntryStore } from '../ports.ts';

/** Where this command's entries live. */
export function entriesOf({ entries, azure }: Pick<Deps, 'entries' | 'azure'>): EntryStore {
  return entries ?? azure.clusters;
}
