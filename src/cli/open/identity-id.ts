import type { IdentityReference } from '../../domain/azure/identity-reference.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { OpenedDeps } from './open-deps.ts';

/** The id of the managed identity that the flags name. @throws PodidError as `findIdentity` */
export async function identityId(
  deps: OpenedDeps,
  reference: IdentityReference | undefined,
  { subscriptionId }: ClusterId,
): Promise<string> {
  if (reference === undefined) {
    throw new Error('A command line without a managed identity is refused before anything is opened.');
  }
  if (reference.kind === 'id') {
    return reference.resourceId;
  }
  const { nearestWord } = await import('../../validate/nearest-word.ts');
  const { findIdentity } = await import('../../workflows/identities/find-identity.ts');
  return await findIdentity(deps, reference, { subscriptionId, nearest: nearestWord });
}
