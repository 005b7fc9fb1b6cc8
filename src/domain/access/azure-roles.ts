import { allowsAction } from '../azure/operator-role.ts';
import { scopeCovers } from '../azure/resource-id.ts';
import type { RoleAssignment } from '../azure/role-assignment.ts';
import type { AccessFacts } from './access-facts.ts';
import { type AccessRole, type CouldBecomeInAzure, compareText } from './access-report.ts';

type Roles = Pick<AccessFacts, 'roles'>;

/**
 * What a principal may do in Azure, in the subscriptions that the report reads; undefined where the assignments of one of
 * them could not be read. What it has through groups of Entra nobody sees there.
 */
export function rolesOf(
  principalId: string | undefined,
  { roles }: Roles,
): readonly AccessRole[] | undefined {
  if (principalId === undefined || roles.length === 0 || !areRead(roles)) {
    return undefined;
  }
  return distinct(roles)
    .filter(({ assignment }) => assignment.principalId.toLowerCase() === principalId.toLowerCase())
    .map(({ assignment: { id, scope, hasCondition }, name }) => ({
      role: name,
      scope,
      id,
      conditional: hasCondition,
    }))
    .toSorted((one, other) => compareText(one.role, other.role) || compareText(one.scope, other.scope));
}

const wanted: readonly (readonly [string, string])[] = [
  [
    'trust other accounts',
    'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write',
  ],
  ['put it on machines', 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'],
  ['give such roles', 'Microsoft.Authorization/roleAssignments/write'],
];

/** Who may let others use these identities; undefined: not known. */
export function couldBecomeInAzure(
  resourceIds: readonly string[],
  { roles }: Roles,
): readonly CouldBecomeInAzure[] | undefined {
  if (!areRead(roles) || (roles.length === 0 && resourceIds.length > 0)) {
    return undefined;
  }
  return distinct(roles)
    .filter(({ assignment }) => resourceIds.some((id) => scopeCovers(assignment.scope, id)))
    .flatMap(({ assignment, name, definition }): readonly CouldBecomeInAzure[] => {
      const rights =
        definition === undefined
          ? ['unknown']
          : wanted.flatMap(([right, action]) => (allowsAction(definition, action) ? right : []));
      const { principalId, scope } = assignment;
      return rights.length === 0 ? [] : [{ principalId, role: name, scope, rights }];
    })
    .toSorted(
      (one, other) =>
        compareText(one.scope, other.scope) ||
        compareText(one.role, other.role) ||
        compareText(one.principalId, other.principalId),
    );
}

function areRead(roles: AccessFacts['roles']): boolean {
  return roles.every(({ assignments }) => assignments.kind === 'read');
}

/** Those above a subscription are listed in each. A role whose definition was not read is named by its id. */
function distinct(roles: AccessFacts['roles']) {
  const found = new Map<string, { assignment: RoleAssignment; definitions: AccessFacts['roles'][number] }>();
  for (const subscription of roles) {
    const { assignments } = subscription;
    for (const assignment of assignments.kind === 'read' ? assignments.value : []) {
      found.set(assignment.id.toLowerCase(), { assignment, definitions: subscription });
    }
  }
  return [...found.values()].map(({ assignment, definitions }) => {
    const definition = definitions.definitions.get(assignment.roleDefinitionId.toLowerCase());
    return {
      assignment,
      definition,
      name: definition?.roleName || (assignment.roleDefinitionId.split('/').at(-1) ?? ''),
    };
  });
}
