import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { Change } from '../change/outcome.ts';
import type { ChangeDeps } from '../change/start-change.ts';

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
 * Reads a managed identity, and where it is missing, says how it would be created.
 *
 * @throws PodidError what `Identities.get` throws
 */
export async function findIdentity(
  deps: ChangeDeps,
  cluster: Cluster,
  resourceId: string,
  wanted: IdentityCreation,
): Promise<FoundIdentity> {
  try {
    return { identity: await deps.azure.identities.get(resourceId, deps.signal) };
  } catch (error) {
    if (!isPodidError(error, 'IdentityNotFound')) {
      throw error;
    }
    const location = wanted.location ?? cluster.location;
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

/** Creates what `findIdentity` planned. @throws PodidError as `Identities.create` */
export async function createIdentity(
  deps: ChangeDeps,
  { resourceId, location = '' }: ManagedIdentity,
  creation: Change,
): Promise<ManagedIdentity> {
  const { azure, report } = deps;
  report.progress(`Creating the managed identity ${creation.name}`);
  const created = await azure.identities.create(resourceId, location, deps.signal);
  report.note(`Created the managed identity ${resourceId} in ${location}.`);
  return created;
}
