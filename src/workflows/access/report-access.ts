import type { AccessReport } from '../../domain/access/access-report.ts';
import { type AccessChoice, narrowReport } from '../../domain/access/narrow-report.ts';
import { reportAccess } from '../../domain/access/report-access.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { checkIsThere } from './check-is-there.ts';
import { type AccessDeps, gatherAccess, isIdentityId } from './gather-access.ts';

export interface AccessRequest {
  readonly cluster: ClusterId;
  readonly choice: AccessChoice;
}

export interface ReportedAccess extends AccessReport {
  readonly cluster: ClusterId;
  /** RFC 3339. */
  readonly at: string;
  /** Who asked. */
  readonly by: string;
}

/**
 * Who can get which identity, from what the cluster, Azure and the nodes say. Writes nothing anywhere.
 *
 * @throws PodidError EntryNotFound (what was named is not there), and as `gatherAccess`
 */
export async function reportedAccess(
  deps: AccessDeps,
  { cluster, choice }: AccessRequest,
): Promise<ReportedAccess> {
  const { identity } = choice;
  const also = identity !== undefined && isIdentityId(identity) ? { alsoIdentity: identity } : {};
  const facts = await gatherAccess(deps, { cluster, ...also });
  const nowMs = deps.clock.now();
  const whole = reportAccess(facts, nowMs);
  checkIsThere(facts, whole, choice);
  return {
    ...narrowReport(whole, choice),
    cluster,
    at: new Date(nowMs).toISOString(),
    by: deps.azure.caller(),
  };
}
