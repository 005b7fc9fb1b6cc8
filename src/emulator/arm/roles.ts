import type { RoleAssignment, World } from '../world.ts';

export interface RoleDefinition {
  readonly name: string;
  readonly roleName: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
}

/** GUIDs and actions as Azure publishes them for its built-in roles. */
export const builtInRoles: readonly RoleDefinition[] = [
  {
    name: 'f1a07417-d97a-45cb-824c-7a7467783830',
    roleName: 'Managed Identity Operator',
    description: 'Reads and assigns user-assigned identities.',
    actions: [
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action',
      'Microsoft.Authorization/*/read',
    ],
  },
  {
    name: 'e40ec5ca-96e0-45a2-b4ff-59039f2c2b59',
    roleName: 'Managed Identity Contributor',
    description: 'Creates, reads, updates and deletes user-assigned identities.',
    actions: [
      'Microsoft.ManagedIdentity/userAssignedIdentities/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/write',
      'Microsoft.ManagedIdentity/userAssignedIdentities/delete',
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write',
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete',
      'Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action',
    ],
  },
  {
    name: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
    roleName: 'Owner',
    description: 'Everything, access included.',
    actions: ['*'],
  },
  {
    name: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    roleName: 'Contributor',
    description: 'Everything but access.',
    actions: ['*'],
    notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write'],
  },
  {
    name: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
    roleName: 'Reader',
    description: 'Reads everything.',
    actions: ['*/read'],
  },
  {
    name: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    roleName: 'User Access Administrator',
    description: 'Manages access.',
    actions: ['*/read', 'Microsoft.Authorization/*'],
  },
  {
    name: '9980e02c-c2be-4d73-94e8-173b1dc7cf3c',
    roleName: 'Virtual Machine Contributor',
    description: 'Manages virtual machines and scale sets.',
    actions: ['Microsoft.Compute/virtualMachines/*', 'Microsoft.Compute/virtualMachineScaleSets/*'],
  },
  {
    name: '4633458b-17de-408a-b874-0445c86b69e6',
    roleName: 'Key Vault Secrets User',
    description: 'Reads the contents of secrets.',
    actions: [],
    dataActions: ['Microsoft.KeyVault/vaults/secrets/getSecret/action'],
  },
  {
    name: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    roleName: 'Storage Blob Data Reader',
    description: 'Reads blobs.',
    actions: ['Microsoft.Storage/storageAccounts/blobServices/containers/read'],
    dataActions: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'],
  },
  {
    name: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
    roleName: 'AcrPull',
    description: 'Pulls images.',
    actions: ['Microsoft.ContainerRegistry/registries/pull/read'],
  },
];

export function roleByDefinitionId(id: string): RoleDefinition | undefined {
  const name = id.toLowerCase().split('/').at(-1);
  return builtInRoles.find((role) => role.name === name);
}

/**
 * Whether an assignment's scope is the asked one or stands above it: `/`, a management group, or fewer
 * segments of the same path.
 */
export function isAtOrAbove(world: World, assignmentScope: string, scope: string): boolean {
  const above = scopePath(assignmentScope);
  const below = scopePath(scope);
  if (above === '' || above === below || below.startsWith(`${above}/`)) {
    return true;
  }
  const group = /^\/providers\/microsoft\.management\/managementgroups\/([^/]+)$/.exec(above)?.[1];
  const subscription = /^\/subscriptions\/([^/]+)/.exec(below)?.[1];
  if (group === undefined || subscription === undefined) {
    return false;
  }
  const groups = world.subscriptions.get(subscription)?.managementGroups ?? [];
  return groups.some((name) => name.toLowerCase() === group);
}

/** In lower case, without slashes at its end. */
function scopePath(scope: string): string {
  const path = scope.toLowerCase();
  let end = path.length;
  while (path[end - 1] === '/') {
    end -= 1;
  }
  return path.slice(0, end);
}

/** The principal itself and every group it is a member of, through other groups too; lower case. */
export function principalWithGroups(world: World, principalId: string): Set<string> {
  const found = new Set([principalId.toLowerCase()]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const [group, members] of world.groups) {
      if (members.some((member) => found.has(member.toLowerCase()))) {
        found.add(group.toLowerCase());
      }
    }
  }
  return found;
}

/** Whether the assignments known to Azure by now let the principal do the action at the scope. */
export function mayDo(world: World, principalId: string, action: string, scope: string): boolean {
  return grantsOf(world, principalId, action, scope).some((grant) => counts(world, grant));
}

/** Counts one PUT that overlooked a young assignment. */
export function noteOverlooked(world: World, principalId: string, action: string, scope: string): void {
  for (const grant of grantsOf(world, principalId, action, scope)) {
    if (grant.overlookedPuts > 0) {
      grant.overlookedPuts -= 1;
    }
  }
}

function grantsOf(world: World, principalId: string, action: string, scope: string): RoleAssignment[] {
  const principals = principalWithGroups(world, principalId);
  return [...world.roleAssignments.values()].filter(
    (one) =>
      principals.has(one.principalId.toLowerCase()) &&
      isAtOrAbove(world, one.scope, scope) &&
      allows(roleByDefinitionId(one.roleDefinitionId), action),
  );
}

function counts(world: World, grant: RoleAssignment): boolean {
  return grant.overlookedPuts <= 0 && grant.countsAt <= world.clock.now();
}

function allows(role: RoleDefinition | undefined, action: string): boolean {
  if (role === undefined) {
    return false;
  }
  const matches = (pattern: string) => matchesAction(pattern, action);
  return role.actions.some(matches) && !(role.notActions ?? []).some(matches);
}

/** `*` stands for any run of characters, slashes included. */
export function matchesAction(pattern: string, action: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`, 'i').test(action);
}
