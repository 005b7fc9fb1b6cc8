import { allowsAction, allowsDataAction } from '../azure/operator-role.ts';
import { managedClusterType, scopeCovers } from '../azure/resource-id.ts';
import { assignIdentityAction, type RoleAssignment } from '../azure/role-assignment.ts';
import { readingOr } from '../migrate/migration-facts.ts';
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
  ['put it on machines', assignIdentityAction],
];

const wantedOnBoth: typeof wanted = [['give such roles', 'Microsoft.Authorization/roleAssignments/write']];

/** Who has one of these can run as whatever the cluster runs. */
const wantedOnCluster: typeof wanted = [
  [
    'be administrator of the cluster',
    'Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action',
  ],
  [
    'be administrator of the cluster',
    'Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action',
  ],
  ['run commands in the cluster', 'Microsoft.ContainerService/managedClusters/runCommand/action'],
];

const compute = 'Microsoft.Compute/';

/** Who runs something on a node is the node there, and gets every identity of it. */
const wantedOnNodes: typeof wanted = [
  'virtualMachineScaleSets/write',
  'virtualMachineScaleSets/extensions/write',
  'virtualMachineScaleSets/virtualMachines/write',
  'virtualMachineScaleSets/virtualMachines/extensions/write',
  'virtualMachineScaleSets/virtualMachines/runCommand/action',
  'virtualMachineScaleSets/virtualMachines/runCommands/write',
  'virtualMachines/write',
  'virtualMachines/extensions/write',
  'virtualMachines/runCommand/action',
  'virtualMachines/runCommands/write',
].map((action) => ['run commands on the nodes', `${compute}${action}`]);

/** Of Azure RBAC for Kubernetes: Writer and more; in a namespace of the cluster also. */
const runPods = 'Microsoft.ContainerService/managedClusters/pods/write';

/**
 * Who may let others use these identities, get into the cluster past its own rights, or onto its nodes; undefined: not
 * known.
 */
export function couldBecomeInAzure(
  resourceIds: readonly string[],
  { roles, id, cluster: read, machines }: Pick<AccessFacts, 'roles' | 'id' | 'cluster' | 'machines'>,
): readonly CouldBecomeInAzure[] | undefined {
  if (!areRead(roles) || (roles.length === 0 && resourceIds.length > 0)) {
    return undefined;
  }
  const cluster = `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/${managedClusterType}/${id.name}`;
  const group = readingOr(read, undefined)?.nodeResourceGroup;
  const nodes: Nodes = {
    group: group === undefined ? undefined : `/subscriptions/${id.subscriptionId}/resourceGroups/${group}`,
    machines: readingOr(machines, []).map(({ resourceId }) => resourceId),
  };
  return distinct(roles)
    .flatMap(({ assignment, name, definition }): readonly CouldBecomeInAzure[] => {
      const { principalId, scope } = assignment;
      const isOnCluster = scopeCovers(scope, cluster);
      const isInCluster = isOnCluster || scopeCovers(cluster, scope);
      const isOnIdentity = resourceIds.some((each) => scopeCovers(scope, each));
      const isOnSomeNode = isOnNodes(scope, nodes);
      if (definition === undefined) {
        return isInCluster || isOnIdentity || isOnSomeNode
          ? [{ principalId, role: name, scope, rights: ['unknown'] }]
          : [];
      }
      const asked = [
        ...(isOnIdentity ? wanted : []),
        ...(isOnIdentity || isOnCluster ? wantedOnBoth : []),
        ...(isOnCluster ? wantedOnCluster : []),
        ...(isOnSomeNode ? wantedOnNodes : []),
      ];
      const found = [
        ...asked.flatMap(([right, action]) => (allowsAction(definition, action) ? right : [])),
        ...(isInCluster && allowsDataAction(definition, runPods) ? ['run pods in the cluster'] : []),
      ];
      const rights = [...new Set(found)];
      return rights.length === 0 ? [] : [{ principalId, role: name, scope, rights }];
    })
    .toSorted(
      (one, other) =>
        compareText(one.scope, other.scope) ||
        compareText(one.role, other.role) ||
        compareText(one.principalId, other.principalId),
    );
}

interface Nodes {
  /** Resource id of the node resource group; undefined where Azure did not say. */
  readonly group: string | undefined;
  /** Of the machines behind the nodes: a scale set stands for its instances. */
  readonly machines: readonly string[];
}

const machineInScope = /\/providers\/microsoft\.compute\/virtualmachine(?:scaleset)?s\//i;

/** Whether a role there is one on machines of the cluster: on all, on a scale set, on one instance. */
function isOnNodes(scope: string, { group, machines }: Nodes): boolean {
  return (
    machines.some((machine) => scopeCovers(scope, machine) || scopeCovers(machine, scope)) ||
    (group !== undefined &&
      (scopeCovers(scope, group) || (scopeCovers(group, scope) && machineInScope.test(scope))))
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
