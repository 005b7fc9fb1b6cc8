import type { AccessFacts } from '../access-facts.ts';
import type { IdentityAccess } from '../access-report.ts';
import type { RbacGrant } from '../rbac.ts';
import type { PodIndex } from '../ways/pods-of-way.ts';

export interface FindingFacts {
  readonly facts: AccessFacts;
  readonly identities: readonly IdentityAccess[];
  readonly pods: PodIndex;
  /** Undefined: not read. */
  readonly grants: readonly RbacGrant[] | undefined;
  readonly nowMs: number;
}
