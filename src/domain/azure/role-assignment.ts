/**
 * Built-in role Managed Identity Operator: may assign a managed identity to a resource (Azure's list of
 * built-in roles).
 */
export const managedIdentityOperatorRole = 'f1a07417-d97a-45cb-824c-7a7467783830';

/** What AKS needs on a managed identity before it puts it on nodes. */
export const assignIdentityAction = 'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action';

export interface RoleAssignment {
  /** Full id; `…/providers/Microsoft.Authorization/roleAssignments/<name>`. */
  readonly id: string;
  /** A GUID. */
  readonly name: string;
  readonly scope: string;
  /** The principal itself or a group it is in. */
  readonly principalId: string;
  /** Full id; its last segment is the role's GUID. */
  readonly roleDefinitionId: string;
  /** Milliseconds since the epoch. */
  readonly createdOnMs?: number;
  /** A condition may keep the role from working here. */
  readonly hasCondition: boolean;
}

export interface RoleDefinition {
  readonly id: string;
  readonly roleName: string;
  readonly permissions: readonly {
    readonly actions: readonly string[];
    readonly notActions: readonly string[];
    readonly dataActions?: readonly string[];
    readonly notDataActions?: readonly string[];
  }[];
}

/** A role wanted by one principal on one scope. */
export interface RoleGrant {
  readonly scope: string;
  readonly principalId: string;
  /** The role's GUID. */
  readonly roleId: string;
}
