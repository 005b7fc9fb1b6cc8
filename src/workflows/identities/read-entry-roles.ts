import { coveringAssignments, operatorAssignment } from '../../domain/azure/operator-role.ts';
import type { RoleAssignment } from '../../domain/azure/role-assignment.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { type EntryRole, principalOrNull } from '../../domain/clusters/cluster-identities.ts';
import type { Roles } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';

interface RoleReads {
  readonly roles: Roles;
  readonly signal: AbortSignal;
  /** `--cluster-principal-id`. */
  readonly clusterPrincipalId?: string;
}

/**
 * For every entry, in the server's order, whether the cluster's principal may assign its identity. An
 * identity is asked about once.
 */
export async function readEntryRoles(reads: RoleReads, cluster: Cluster): Promise<EntryRole[]> {
  const { identities } = cluster.profile;
  const principalId = principalOrNull(cluster, reads.clusterPrincipalId);
  const scopes = new Map(
    identities.map(({ identity }) => [identity.resourceId.toLowerCase(), identity.resourceId]),
  );
  const found = await eachConcurrently([...scopes], async ([key, scope]) => {
    const rows = principalId === null ? undefined : await visibleRows(reads, scope, principalId);
    return [key, rows] as const;
  });
  const rowsOf = new Map(found);
  return identities.map(({ namespace, name, identity }) => {
    const rows = rowsOf.get(identity.resourceId.toLowerCase());
    const row = rows && operatorAssignment(rows);
    const granted = rows === undefined ? null : row !== undefined;
    return { namespace, name, granted, scope: row?.scope ?? identity.resourceId };
  });
}

/** Assignments that reach the scope; undefined when the caller may not list them. */
export async function visibleRows(
  { roles, signal }: RoleReads,
  scope: string,
  principalId: string,
): Promise<RoleAssignment[] | undefined> {
  try {
    return coveringAssignments(await roles.assignmentsFor(scope, principalId, signal), scope);
  } catch (error) {
    if (isPodidError(error, 'Forbidden', 'IdentityNotFound')) {
      return undefined;
    }
    throw error;
  }
}
