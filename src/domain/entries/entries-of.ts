import type { EntryStore, Workplace } from '../ports.ts';

/** Where this command's entries live. */
export function entriesOf({ entries, azure }: Pick<Workplace, 'entries' | 'azure'>): EntryStore {
  return entries ?? azure.clusters;
}
