import type { EntryKey } from '../../entries/pod-identity.ts';
import { useLabel } from '../workload-identity-words.ts';

/**
 * Annotation of a workload that podid took from pod identity, with what it had there, as JSON: a rollback makes that
 * again. Whoever may change the workload may change it, so that nothing is granted for it alone.
 */
export const cleanedAnnotation = 'podid.io/migration-cleaned';

/** An entry that the pods of a workload had. */
export interface CleanedEntry extends EntryKey {
  /** Value of the label `aadpodidbinding` by which its pods had it. */
  readonly selector: string;
  /** ARM id of the managed identity. */
  readonly identity: string;
}

export interface CleanedRecord {
  /** Value of the label `aadpodidbinding` that its template had. */
  readonly binding: string;
  /** Those that podid writes; what others wrote it does not delete, nor make again. */
  readonly entries: readonly CleanedEntry[];
}

/** The same record gives the same text. */
export function cleanedText({ binding, entries }: CleanedRecord): string {
  const each = ({ namespace, name, selector, identity }: CleanedEntry) => ({
    namespace,
    name,
    selector,
    identity,
  });
  return JSON.stringify({ binding, entries: entries.map(each) });
}

interface Cleaned {
  readonly template: { readonly labels: Readonly<Record<string, string>> };
  readonly cleaned?: CleanedRecord;
}

/** What a workload had, if podid took it from pod identity and its pods get their tokens from Entra. */
export function cleanedOf({ object }: { readonly object?: Cleaned }): CleanedRecord | undefined {
  return object?.template.labels[useLabel] === 'true' ? object.cleaned : undefined;
}
