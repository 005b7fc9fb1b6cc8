import {
  exchangeDefaultsOf,
  exchangedAmong,
  type SourcedIdentity,
  sourcedIdentities,
} from '../../domain/entries/exchanged-entries.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { Evidence } from './evidence.ts';
import { readOr } from './probe.ts';

type Known = Pick<Evidence, 'agents' | 'objects'>;

/** Where the tokens of each AzureIdentity of the cluster come from, as its agents decide. */
export function sourcesOf({ agents, objects }: Known): readonly SourcedIdentity[] {
  return sourcedIdentities(readOr(objects, undefined)?.resources, exchangeDefaultsOf(readOr(agents, [])));
}

/** Whether an identity is exchanged, so that no node needs it. */
export function exchangedIn(evidence: Known): (key: EntryKey) => boolean {
  return exchangedAmong(sourcesOf(evidence));
}
