import { describe, expect, it } from 'vitest';
import {
  allowsAssigning,
  coveringAssignments,
  operatorAssignment,
} from '../../../src/domain/azure/operator-role.ts';

const role = (actions: string[], notActions: string[] = []) => ({
  id: 'r',
  roleName: 'r',
  permissions: [{ actions, notActions }],
});

describe('a role that lets its holder assign a managed identity', () => {
  it.each([
    [['*'], [], true],
    [['*'], ['Microsoft.Authorization/*/Write'], true],
    [['Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action'], [], true],
    [['microsoft.managedidentity/*'], [], true],
    [['Microsoft.ManagedIdentity/userAssignedIdentities/read', '*/read'], [], false],
    [['*/action'], [], true],
    [['*'], ['Microsoft.ManagedIdentity/*'], false],
    [[], [], false],
  ])('has the actions %j without %j: %s', (actions, notActions, allowed) => {
    expect(allowsAssigning(role(actions, notActions))).toBe(allowed);
  });
});

describe('the assignment to rely on', () => {
  const operator =
    '/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/F1A07417-d97a-45cb-824c-7a7467783830';
  const row = (name: string, scope: string, hasCondition = false) => ({
    id: name,
    name,
    scope,
    principalId: 'p',
    roleDefinitionId: operator,
    hasCondition,
  });
  const identity =
    '/subscriptions/s/resourceGroups/rg10/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x';

  it('reaches the identity by segment, not by prefix', () => {
    const rows = [
      row('prefix', '/subscriptions/s/resourceGroups/rg1'),
      row('group', '/subscriptions/s/resourceGroups/rg10'),
    ];
    expect(coveringAssignments(rows, identity).map(({ name }) => name)).toEqual(['group']);
  });

  it('is one without a condition, where there is one', () => {
    expect(operatorAssignment([row('conditional', '/', true), row('plain', '/')])?.name).toBe('plain');
    expect(operatorAssignment([row('conditional', '/', true)])?.name).toBe('conditional');
    expect(operatorAssignment([{ ...row('owner', '/'), roleDefinitionId: 'owner' }])).toBeUndefined();
  });
});
