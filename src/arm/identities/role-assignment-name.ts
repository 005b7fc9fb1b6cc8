import { v5 } from 'uuid';
import type { RoleGrant } from '../../domain/azure/role-assignment.ts';

/**
 * podid's own namespace (RFC 9562 §5.5), drawn once at random. A change would make every repeated grant a new
 * assignment.
 */
const podidNamespace = '6f0d1c5e-7f3b-4c0a-9d1e-2b8a54c7e913';

/** The GUID of a grant's assignment: the same for the same scope, principal and role, whatever their case. */
export function roleAssignmentName({ scope, principalId, roleId }: RoleGrant): string {
  return v5([scope.replace(/\/+$/, ''), principalId, roleId].join('|').toLowerCase(), podidNamespace);
}
