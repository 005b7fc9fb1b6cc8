import type { AzureAssignedIdentity } from './identity-resources.ts';

/** An AzureAssignedIdentity with what only its owner reads. */
export interface LiveAssignment extends AzureAssignedIdentity {
  readonly finalizers: readonly string[];
  /** `metadata.deletionTimestamp` is set. */
  readonly beingDeleted: boolean;
}
