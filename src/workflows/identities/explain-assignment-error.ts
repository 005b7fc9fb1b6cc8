import { coveringAssignments, operatorAssignment } from '../../domain/azure/operator-role.ts';
import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { clusterPrincipal } from '../../domain/clusters/cluster-principal.ts';
import { entryText, type PodIdentity, sameEntry } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { findConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError, type PodidErrorOptions } from '../../errors/podid-error.ts';
import type { Write } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { identityGone } from './refuse-dead-entry.ts';

/**
 * Finds out which entry an assignment error is about. Returns when it is about an identity whose role is
 * fresh, so that waiting helps; throws otherwise.
 *
 * @throws PodidError AssignmentBlocked naming the entry, why, and the command that clears it;
 * AssignmentPending at the deadline;
 *   Forbidden when the role could not be granted in the first place
 */
export async function explainAssignmentError(
  deps: ChangeDeps,
  base: Cluster,
  write: Write,
  error: PodidError,
): Promise<void> {
  const fresh = write.change.freshlyGranted ?? [];
  const own = error.target !== undefined && fresh.some((id) => sameResource(id, error.target ?? ''));
  if (!own) {
    const culprit = await findCulprit(deps, base, write, error.target);
    if (culprit) {
      throw azureWording(culprit, error);
    }
    if (write.change.grantRefused) {
      throw write.change.grantRefused;
    }
    if (fresh.length === 0 || error.target !== undefined) {
      throw unexplained(base, error);
    }
  }
  if (!deps.deadline.passed()) {
    return;
  }
  throw new PodidError(
    'AssignmentPending',
    `The role for the identity is granted, but at the end of --timeout Azure does not see it yet. Azure says that may take up to an hour.`,
    {
      hint: advice`The same command resumes; --timeout 60m gives it longer`,
      target: base.resourceId,
      ...azureMessage(error),
    },
  );
}

function azureWording(culprit: PodidError, error: PodidError): PodidError {
  const { hint, target } = culprit;
  const more = { target, ...(hint === undefined ? {} : { hint }) };
  return new PodidError(culprit.code, culprit.message, { ...more, ...azureMessage(error) });
}

/** What was found out stands beside Azure's own words and ids, which its support asks for. */
function azureMessage(error: PodidError): PodidErrorOptions {
  const { details, requestId, correlationId } = error;
  return {
    details,
    ...(requestId === undefined ? {} : { requestId }),
    ...(correlationId === undefined ? {} : { correlationId }),
    cause: error,
  };
}

/**
 * The first of the entries that others made whose identity or role is gone. What cannot be read is no
 * culprit.
 */
async function findCulprit(
  deps: ChangeDeps,
  base: Cluster,
  write: Write,
  target: string | undefined,
): Promise<PodidError | undefined> {
  const touched = write.edit.deleteIdentities ?? [];
  const suspects = base.profile.identities
    .filter((entry) => !touched.some((key) => sameEntry(key, entry)))
    .filter((entry) => target === undefined || sameResource(entry.identity.resourceId, target));
  return findConcurrently(suspects, (entry) => blockedBy(deps, base, entry));
}

async function blockedBy(
  deps: ChangeDeps,
  cluster: Cluster,
  entry: PodIdentity,
): Promise<PodidError | undefined> {
  const { azure } = deps;
  const { signal } = deps;
  const { clusterPrincipalId } = deps.options;
  const { resourceId } = entry.identity;
  try {
    await azure.identities.get(resourceId, signal);
    const principalId = clusterPrincipal(cluster, clusterPrincipalId);
    const rows = await azure.roles.assignmentsFor(resourceId, principalId, signal);
    return operatorAssignment(coveringAssignments(rows, resourceId))
      ? undefined
      : roleGone(cluster, entry, principalId);
  } catch (error) {
    if (isPodidError(error, 'IdentityNotFound')) {
      return identityGone(cluster, entry);
    }
    if (
      isPodidError(error, 'Forbidden', 'Unavailable', 'IdentityIncomplete') ||
      // The principal that Azure judges by exists after the change alone.
      isPodidError(error, 'ServicePrincipalCluster', 'UnknownClusterIdentity')
    ) {
      return undefined;
    }
    throw error;
  }
}

function roleGone(cluster: Cluster, entry: PodIdentity, principalId: string): PodidError {
  const selector = entry.bindingSelector === entry.name ? undefined : entry.bindingSelector;
  return new PodidError(
    'AssignmentBlocked',
    `Azure refuses every change of the profile of cluster ${cluster.id.name} because of entry ${entryText(entry)}: the cluster's principal ${principalId} has lost the role Managed Identity Operator on ${entry.identity.resourceId}.`,
    {
      hint: nextCommand('add', cluster.id, {
        namespace: entry.namespace,
        name: entry.name,
        'identity-resource-id': entry.identity.resourceId,
        'binding-selector': selector,
      }),
      target: entry.identity.resourceId,
    },
  );
}

function unexplained(cluster: Cluster, error: PodidError): PodidError {
  return new PodidError(
    'AssignmentBlocked',
    `Azure could not assign an identity of cluster ${cluster.id.name}, although every identity that can be checked exists and has its role: ${error.message}`,
    {
      hint: advice`Look for a deny assignment, a role condition or an identity of another tenant; a role granted a moment ago needs up to an hour`,
      target: error.target ?? cluster.resourceId,
      ...azureMessage(error),
    },
  );
}
