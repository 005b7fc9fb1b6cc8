import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { ChangeSession } from '../change/change-session.ts';
import type { Change } from '../change/outcome.ts';

/** `--create-identity`. */
export interface IdentityCreation {
  /** Absent: the cluster's. */
  readonly location?: string;
}

export interface FoundIdentity {
  /** With empty ids while it is only planned. */
  readonly identity: ManagedIdentity;
  /** Set when the identity is missing and was asked for. */
  readonly creation?: Change;
}

/**
 * Reads a managed identity, and where it is missing and `creation` is given, says how it would be created.
 *
 * @throws PodidError IdentityNotFound, and what `Identities.get` throws
 */
export async function findIdentity(
  session: ChangeSession,
  cluster: Cluster,
  resourceId: string,
  creation: IdentityCreation | undefined,
): Promise<FoundIdentity> {
  try {
    return { identity: await session.deps.azure.identities.get(resourceId, session.options.signal) };
  } catch (error) {
    if (creation === undefined || !isPodidError(error, 'IdentityNotFound')) {
      throw error;
    }
    const location = creation.location ?? cluster.location;
    return {
      identity: { resourceId, clientId: '', principalId: '', location },
      creation: {
        action: 'add',
        kind: 'managedIdentity',
        namespace: null,
        name: parseResourceId(resourceId, managedIdentityType)?.name ?? resourceId,
        before: null,
        after: { resourceId, location },
      },
    };
  }
}

/**
 * Creates what `findIdentity` planned; an identity that was there stays as it is. @throws PodidError as
 * `Identities.create`
 */
export async function createIdentity(
  session: ChangeSession,
  { identity, creation }: FoundIdentity,
): Promise<ManagedIdentity> {
  if (creation === undefined) {
    return identity;
  }
  const { azure, report } = session.deps;
  const { resourceId, location = '' } = identity;
  report.progress(`Creating the managed identity ${creation.name}`);
  const created = await azure.identities.create(resourceId, location, session.options.signal);
  report.note(`Created the managed identity ${resourceId} in ${location}.`);
  return created;
}
