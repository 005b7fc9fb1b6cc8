import type { RoleAssignment as ArmRoleAssignment } from '@azure/arm-authorization';
import type { RoleAssignment, RoleGrant } from '../../domain/azure/role-assignment.ts';
import type { Roles } from '../../domain/ports.ts';
import { backoffMs } from '../../domain/time/backoff.ts';
import { advice, type Hint } from '../../errors/hint.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import type { ArmFault } from '../connection/arm-answer.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest, KnownFault } from '../connection/arm-request.ts';
import { messageOf } from '../connection/fault-text.ts';
import { checkPage, endingPages } from '../connection/page-history.ts';
import { roleAssignmentName } from './role-assignment-name.ts';
import { findDefinition, readDefinition } from './role-definitions.ts';
import { aboutRoles, authorizationClient, bare, subscriptionOf } from './role-requests.ts';

/** Pauses between tries to create an assignment double from the first to the longest, in milliseconds. */
const pauses = { firstMs: 1_000, mostMs: 30_000 };

/** Role assignments and definitions of Azure RBAC. */
export function armRoles(connection: ArmConnection): Roles {
  return {
    assignmentsFor: (scope, principalId, signal) =>
      listAssignments(connection, { scope, filter: `atScope() and assignedTo('${principalId}')` }, signal),
    assignmentsOf: (subscriptionId, principalId, signal) =>
      listAssignments(
        connection,
        { scope: `/subscriptions/${subscriptionId}`, filter: `principalId eq '${principalId}'` },
        signal,
      ),
    assignmentsIn: (subscriptionId, signal) =>
      listAssignments(connection, { scope: `/subscriptions/${subscriptionId}` }, signal),
    definition: (roleDefinitionId, signal) => readDefinition(connection, roleDefinitionId, signal),
    find: (roleName, scope, signal) => findDefinition(connection, { roleName, scope }, signal),
    assignmentName: roleAssignmentName,
    create: (grant, signal) => createWithRetry(connection, grant, signal),
    delete: (assignmentId, signal) => deleteAssignment(connection, assignmentId, signal),
  };
}

/**
 * In filters `atScope()` leaves out what lies below, and `assignedTo` counts groups in; `principalId eq` does
 * neither.
 */
async function listAssignments(
  connection: ArmConnection,
  { scope, filter }: { scope: string; filter?: string },
  signal: AbortSignal,
): Promise<RoleAssignment[]> {
  const client = connection.equip(authorizationClient(connection, scope), 'reads');
  const about = aboutRoles(connection, 'list the role assignments of', 'roleAssignments/read', scope);
  return connection.call(about, signal, async () => {
    const found: RoleAssignment[] = [];
    const list = client.roleAssignments.listForScope(bare(scope), {
      ...(filter === undefined ? {} : { filter }),
      abortSignal: signal,
      onResponse: checkPage,
    });
    for await (const page of endingPages(list.byPage())) {
      found.push(...page.map(readAssignment));
    }
    return found;
  });
}

async function deleteAssignment(
  connection: ArmConnection,
  assignmentId: string,
  signal: AbortSignal,
): Promise<void> {
  const client = connection.equip(authorizationClient(connection, assignmentId), 'reads');
  const about: ArmRequest = {
    ...aboutRoles(connection, 'delete the role assignment', 'roleAssignments/delete', assignmentId),
    notFound: 'EntryNotFound',
  };
  try {
    await connection.call(about, signal, () =>
      client.roleAssignments.deleteById(bare(assignmentId), { abortSignal: signal }),
    );
  } catch (error) {
    if (!isPodidError(error, 'EntryNotFound')) {
      throw error;
    }
  }
}

/**
 * A principal made a moment ago is not everywhere yet, and transient failures pass: both are tried until the
 * signal ends. Azure's last answer says more than that the time is up.
 */
async function createWithRetry(
  connection: ArmConnection,
  grant: RoleGrant,
  signal: AbortSignal,
): Promise<{ created: boolean }> {
  const { clock } = connection;
  for (let failures = 1; ; failures += 1) {
    try {
      return await createOnce(connection, grant, signal);
    } catch (error) {
      if (!isPassing(error)) {
        throw error;
      }
      connection.verbose(`The role cannot be assigned yet: ${error.message}`);
      // A date that has passed, as where this machine's clock is ahead, would ask again at once for ever.
      const pauseMs =
        error.retryAfterMs === undefined
          ? backoffMs(pauses, failures, clock.random())
          : Math.max(error.retryAfterMs, pauses.firstMs);
      await clock.sleep(pauseMs, signal).catch((end: unknown) => {
        throw isPodidError(end) ? end : error;
      });
    }
  }
}

function isPassing(error: unknown): error is PodidError {
  return isPodidError(error, 'Unavailable');
}

async function createOnce(
  connection: ArmConnection,
  grant: RoleGrant,
  signal: AbortSignal,
): Promise<{ created: boolean }> {
  const client = connection.equip(authorizationClient(connection, grant.scope), 'none');
  const about: ArmRequest = {
    ...aboutRoles(connection, 'assign a role on', 'roleAssignments/write', grant.scope),
    known: knownErrorAnswer,
    notFound: 'IdentityNotFound',
  };
  const subscription = subscriptionOf(grant.scope);
  const above = subscription === '' ? '' : `/subscriptions/${subscription}`;
  const roleDefinitionId = `${above}/providers/Microsoft.Authorization/roleDefinitions/${grant.roleId}`;
  try {
    let status = 0;
    await connection.call(about, signal, () =>
      client.roleAssignments.create(
        bare(grant.scope),
        roleAssignmentName(grant),
        { roleDefinitionId, principalId: grant.principalId, principalType: 'ServicePrincipal' },
        {
          abortSignal: signal,
          onResponse: (response) => {
            status = response.status;
          },
        },
      ),
    );
    return { created: status === 201 };
  } catch (error) {
    if (isPodidError(error) && error.details.some(({ code }) => code === 'RoleAssignmentExists')) {
      return { created: false };
    }
    throw error;
  }
}

function knownErrorAnswer(fault: ArmFault): KnownFault | undefined {
  if (fault.code === 'PrincipalNotFound') {
    return { code: 'Unavailable', message: `Entra does not know the principal yet: ${messageOf(fault)}` };
  }
  const hint = blockedHints[fault.code];
  if (fault.status !== 409 && hint === undefined) {
    return undefined;
  }
  return {
    code: 'RoleAssignmentBlocked',
    message: `The role cannot be assigned: ${messageOf(fault)}`,
    hint: hint ?? advice`az role assignment list shows what is there.`,
  };
}

const blockedHints: Readonly<Record<string, Hint>> = {
  ScopeLocked: advice`Remove the lock on the identity or its resource group: az lock list, az lock delete`,
  RoleAssignmentLimitExceeded: advice`The subscription holds as many role assignments as it may; delete some that nobody needs.`,
  RoleAssignmentUpdateNotPermitted: advice`An assignment of that name exists with other content; delete it (az role assignment delete) and try again.`,
};

function readAssignment(found: ArmRoleAssignment): RoleAssignment {
  const createdOnMs = found.createdOn?.getTime();
  return {
    id: found.id ?? '',
    name: found.name ?? '',
    scope: found.scope ?? '',
    principalId: found.principalId ?? '',
    roleDefinitionId: found.roleDefinitionId ?? '',
    hasCondition: found.condition !== undefined && found.condition !== null && found.condition !== '',
    ...(createdOnMs === undefined || Number.isNaN(createdOnMs) ? {} : { createdOnMs }),
  };
}
