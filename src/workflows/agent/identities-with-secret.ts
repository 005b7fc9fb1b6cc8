import { entryText } from '../../domain/entries/pod-identity.ts';
import { type ClusterObjects, crdMissingCode } from '../../domain/kubernetes/cluster-objects.ts';
import { isPodidError } from '../../errors/podid-error.ts';

/**
 * `namespace/name` of the cluster's identities that sign in with a secret; none where the kinds are not known
 * yet.
 */
export async function identitiesWithSecretIn(
  cluster: Pick<ClusterObjects, 'read'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return ((await cluster.read(signal)).servicePrincipals ?? []).map(entryText);
  } catch (error) {
    const unknown = isPodidError(error) && error.details.some(({ code }) => code === crdMissingCode);
    if (!unknown) {
      throw error;
    }
    return [];
  }
}
