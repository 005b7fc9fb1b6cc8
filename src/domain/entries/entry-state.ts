import type { PodIdentity } from './pod-identity.ts';

/** What an entry's state means for a command. States are compared without case; the server's list is open. */
export type EntryProgress = 'done' | 'running' | 'failed' | 'deleting';

/** An absent state is done: a cluster that Succeeded has nothing left to do for the entry. */
export function entryProgress(entry: Pick<PodIdentity, 'provisioningState'>): EntryProgress {
  switch (entry.provisioningState?.toLowerCase()) {
    case undefined:
    case '':
    case 'assigned':
    case 'succeeded':
      return 'done';
    case 'failed':
    case 'canceled':
      return 'failed';
    case 'deleting':
      return 'deleting';
    default:
      return 'running';
  }
}
