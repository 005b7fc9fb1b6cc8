import { scopeCovers } from './resource-id.ts';
import {
  assignIdentityAction,
  managedIdentityOperatorRole,
  type RoleAssignment,
  type RoleDefinition,
} from './role-assignment.ts';

/** Assignments among `rows` that really reach the identity; ARM's filter may return more. */
export function coveringAssignments(rows: readonly RoleAssignment[], identityId: string): RoleAssignment[] {
  return rows.filter((row) => scopeCovers(row.scope, identityId));
}

/** The Managed Identity Operator assignment to rely on: one without a condition before one with. */
export function operatorAssignment(covering: readonly RoleAssignment[]): RoleAssignment | undefined {
  const operators = covering.filter((row) => roleGuid(row.roleDefinitionId) === managedIdentityOperatorRole);
  return operators.find((row) => !row.hasCondition) ?? operators[0];
}

/** Whether a role lets its holder assign a managed identity, as Owner and Contributor do. */
export function allowsAssigning(role: RoleDefinition): boolean {
  return allowsAction(role, assignIdentityAction);
}

export function allowsAction(role: RoleDefinition, wanted: string): boolean {
  return role.permissions.some(
    ({ actions, notActions }) =>
      actions.some((action) => actionCovers(action, wanted)) &&
      !notActions.some((action) => actionCovers(action, wanted)),
  );
}

/** What a role allows inside a resource: Kubernetes' own objects, of a cluster. */
export function allowsDataAction(role: RoleDefinition, wanted: string): boolean {
  return role.permissions.some(
    ({ dataActions = [], notDataActions = [] }) =>
      dataActions.some((action) => actionCovers(action, wanted)) &&
      !notDataActions.some((action) => actionCovers(action, wanted)),
  );
}

/** Azure's wildcards: `*` stands for any run of characters, slashes included; case does not count. */
function actionCovers(pattern: string, action: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const text = action.toLowerCase();
  const [head = '', ...rest] = parts;
  if (rest.length === 0) {
    return head === text;
  }
  const tail = rest.pop() ?? '';
  if (!text.startsWith(head) || !text.endsWith(tail)) {
    return false;
  }
  let from = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0) {
      return false;
    }
    from = found + part.length;
  }
  return from <= text.length - tail.length;
}

function roleGuid(roleDefinitionId: string): string {
  return roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1).toLowerCase();
}
