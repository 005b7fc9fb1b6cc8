import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { compareFile, type FileComparison } from '../../domain/migrate/compare-file.ts';
import type { IdentityLimit } from '../../domain/migrate/limits.ts';
import type { MigrationFile } from '../../domain/migrate/migration-file.ts';
import { gatherFacts, type MigrationDeps } from './gather-facts.ts';
import { type PlanRequest, planFacts, type Unread, unreadOf } from './plan-migration.ts';

export interface StatusRequest extends Pick<PlanRequest, 'sha256'> {
  readonly cluster: ClusterId;
  readonly file: MigrationFile;
}

export interface MigrationStatus extends FileComparison {
  readonly cluster: ClusterId;
  /** Null: it is off; undefined: Azure did not say. */
  readonly issuer: string | null | undefined;
  /** The credentials that the plan is about are of another issuer: they are worth nothing. */
  readonly issuerChanged: boolean;
  readonly limits: readonly IdentityLimit[];
  readonly unread: readonly Unread[];
}

/** How the workloads of a plan's file are now. Writes nothing anywhere. @throws as `gatherFacts` */
export async function migrationStatus(deps: MigrationDeps, request: StatusRequest): Promise<MigrationStatus> {
  const { cluster, file, sha256 } = request;
  const facts = await gatherFacts(deps, { cluster });
  const plan = planFacts(deps, facts, sha256);
  const issuer = facts.issuer.kind === 'read' ? (facts.issuer.value ?? null) : undefined;
  return {
    ...compareFile(file, plan, facts, sha256),
    cluster,
    issuer,
    issuerChanged: issuer !== undefined && file.issuer !== undefined && issuer !== file.issuer,
    limits: plan.limits,
    unread: unreadOf(facts),
  };
}
