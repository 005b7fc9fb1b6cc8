import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { checkTenants } from '../identities/check-tenants.ts';

/**
 * Sees to it that the identities exist, since one that does not makes Azure refuse all of them. One that may
 * not be read is left to Azure's own answer.
 *
 * @throws PodidError IdentityNotFound, naming all that are missing | TenantMismatch
 */
export async function checkIdentitiesExist(
  { azure, signal }: { readonly azure: Pick<Azure, 'identities'>; readonly signal: AbortSignal },
  cluster: Cluster,
  identityIds: readonly string[],
): Promise<void> {
  const missing = await eachConcurrently(identityIds, async (id) => {
    try {
      checkTenants(cluster, await azure.identities.get(id, signal), undefined);
      return undefined;
    } catch (error) {
      if (isPodidError(error, 'IdentityNotFound')) {
        return error;
      }
      if (isPodidError(error, 'Forbidden', 'IdentityIncomplete')) {
        return undefined;
      }
      throw error;
    }
  });
  const found = missing.filter((error) => error !== undefined);
  const [first] = found;
  if (first === undefined) {
    return;
  }
  if (found.length === 1) {
    throw first;
  }
  throw new PodidError('IdentityNotFound', `${found.length} of the managed identities do not exist.`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: found.map(({ code, message }) => ({ code, message })),
  });
}
