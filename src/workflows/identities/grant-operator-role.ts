import {
  allowsAssigning,
  coveringAssignments,
  operatorAssignment,
} from '../../domain/azure/operator-role.ts';
import {
  managedIdentityOperatorRole,
  type RoleAssignment,
  type RoleGrant,
} from '../../domain/azure/role-assignment.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { grantCommand } from '../../domain/hints/grant-command.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { Change } from '../change/outcome.ts';
import { type ChangeDeps, endOfWait } from '../change/start-change.ts';

/** How the role stands after the check. */
export interface GrantedRole {
  /** So young that Azure may not know of it yet. */
  readonly fresh: boolean;
  /**
   * The role was neither found nor granted, and the cluster may have it all the same: reported if Azure then
   * misses it.
   */
  readonly refused?: PodidError;
  /** What a dry run would create. */
  readonly missing?: Change;
}

/** Age below which an assignment may not have reached every part of Azure. */
const freshForMs = 15 * 60_000;

/** What was found before anything is granted. */
export interface FoundRole {
  readonly grant: RoleGrant;
  /** Undefined when the caller may not list them. */
  readonly rows: readonly RoleAssignment[] | undefined;
  /** Set when the role is there. */
  readonly found?: GrantedRole;
}

/**
 * Sees to it that the cluster's principal may put the identity on nodes: finds Managed Identity Operator at
 * the identity or above it, or creates it there. Under `--dry-run` it only reads.
 *
 * @throws PodidError Forbidden (at once, with the command an owner can run) | RoleAssignmentBlocked |
 * Unavailable
 */
export async function grantOperatorRole(
  deps: ChangeDeps,
  cluster: Cluster,
  identity: ManagedIdentity,
  principalId: string,
): Promise<GrantedRole> {
  const role = await findOperatorRole(deps, identity.resourceId, principalId);
  if (role.found) {
    return role.found;
  }
  if (deps.options.dryRun) {
    return { fresh: false, missing: plannedGrant(deps, role.grant) };
  }
  return createOperatorRole(deps, cluster, role);
}

/** Looks, and grants nothing. @throws PodidError Unavailable */
export async function findOperatorRole(
  deps: ChangeDeps,
  scope: string,
  principalId: string,
): Promise<FoundRole> {
  const { report } = deps;
  const grant = { scope, principalId, roleId: managedIdentityOperatorRole };
  report.progress('Looking for the role Managed Identity Operator');
  const rows = await visibleRows(deps, grant);
  const found = rows && operatorAssignment(rows);
  return { grant, rows, ...(found ? { found: { fresh: isFresh(deps, found, report.warn) } } : {}) };
}

/** The assignments that reach the identity, or undefined when the caller may not list them. */
async function visibleRows(deps: ChangeDeps, grant: RoleGrant): Promise<RoleAssignment[] | undefined> {
  const { azure, report } = deps;
  try {
    const rows = await azure.roles.assignmentsFor(grant.scope, grant.principalId, deps.signal);
    return coveringAssignments(rows, grant.scope);
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    report.warn(
      `Whether the cluster has its role on ${grant.scope} cannot be checked beforehand: ${error.message}`,
    );
    return undefined;
  }
}

function isFresh(deps: ChangeDeps, found: RoleAssignment, warn: (text: string) => void): boolean {
  if (found.hasCondition) {
    warn(`The role assignment ${found.name} has a condition, which may keep it from working.`);
  }
  return found.createdOnMs !== undefined && deps.clock.now() - found.createdOnMs < freshForMs;
}

export function plannedGrant(deps: ChangeDeps, grant: RoleGrant): Change {
  const after = { scope: grant.scope, principalId: grant.principalId, roleDefinitionId: grant.roleId };
  const name = deps.azure.roles.assignmentName(grant);
  return { action: 'add', kind: 'roleAssignment', namespace: null, name, before: null, after };
}

/**
 * Grants the role that `findOperatorRole` did not find. @throws PodidError Forbidden |
 * RoleAssignmentBlocked | Unavailable
 */
export async function createOperatorRole(
  deps: ChangeDeps,
  cluster: Cluster,
  { grant, rows }: FoundRole,
): Promise<GrantedRole> {
  const { report } = deps;
  report.progress('Granting Managed Identity Operator to the cluster');
  try {
    const { created } = await createRole(deps, grant);
    if (created) {
      report.note(
        `Granted Managed Identity Operator on ${grant.scope} to the cluster's principal ${grant.principalId}.`,
      );
    }
    return { fresh: true };
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    const failure = withOwnerCommand(error, cluster, grant);
    if (rows === undefined) {
      return { fresh: false, refused: failure };
    }
    const other = await otherRole(deps, rows);
    if (other === undefined) {
      throw failure;
    }
    report.warn(
      `Managed Identity Operator could not be granted; the cluster's principal has ${other}, which allows the same. ${failure.message}`,
    );
    return { fresh: false, refused: failure };
  }
}

/** The name of another role that lets the principal assign the identity. */
async function otherRole(deps: ChangeDeps, rows: readonly RoleAssignment[]): Promise<string | undefined> {
  const ids = [...new Set(rows.map((row) => row.roleDefinitionId))];
  const definitions = await eachConcurrently(ids, (id) =>
    deps.azure.roles.definition(id, deps.signal).catch((error: unknown) => {
      if (isPodidError(error)) {
        return undefined;
      }
      throw error;
    }),
  );
  return definitions.find((role) => role !== undefined && allowsAssigning(role))?.roleName;
}

function withOwnerCommand(error: PodidError, cluster: Cluster, grant: RoleGrant): PodidError {
  return new PodidError('Forbidden', error.message, {
    hint: advice`An owner of the identity can run: ${grantCommand('Managed Identity Operator', grant.principalId, grant.scope)}`,
    target: grant.scope,
    details: [
      { message: `Principal ${grant.principalId} is the control plane of cluster ${cluster.id.name}.` },
    ],
    ...(error.requestId ? { requestId: error.requestId } : {}),
    ...(error.correlationId ? { correlationId: error.correlationId } : {}),
    cause: error,
  });
}

/**
 * Assigns a role; `created` is false where it was assigned already. Azure may refuse for as long as it does
 * not know a new principal, so that it is asked again and again until `--timeout` ends.
 *
 * @throws PodidError Forbidden | RoleAssignmentBlocked | Unavailable | TimedOut
 */
export async function createRole(
  deps: Pick<ChangeDeps, 'azure' | 'deadline' | 'options' | 'signal'>,
  grant: RoleGrant,
): Promise<{ readonly created: boolean }> {
  try {
    return await deps.deadline.within((signal) => deps.azure.roles.create(grant, signal));
  } catch (error) {
    throw endOfWait(
      deps,
      error,
      `Azure may not have assigned the role on ${grant.scope}.`,
      advice`Run the same command again, or give it longer: --timeout 60m`,
    );
  }
}
