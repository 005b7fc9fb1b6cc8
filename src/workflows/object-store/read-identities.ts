import type { KnownIdentity } from '../../domain/entries/profile-of-objects.ts';
import type { Identities, Reporter } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';

type LookUp = (
  resourceIds: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, KnownIdentity>>;

/**
 * Looks each managed identity up once in the life of a command. One that may not be read is left out, and
 * reported.
 */
export function identityReader(identities: Identities, report: Reporter): LookUp {
  const known = new Map<string, KnownIdentity | undefined>();
  const read = async (resourceId: string, signal: AbortSignal): Promise<KnownIdentity | undefined> => {
    try {
      const { clientId, principalId } = await identities.get(resourceId, signal);
      return { clientId, principalId };
    } catch (error) {
      if (isPodidError(error, 'IdentityNotFound')) {
        return { gone: true };
      }
      if (!isPodidError(error) || signal.aborted || error.code === 'NotSignedIn') {
        throw error;
      }
      report.warn(`Managed identity ${resourceId} cannot be read: ${error.message}`);
      return undefined;
    }
  };
  return async (resourceIds, signal) => {
    const fresh = new Map(resourceIds.map((id) => [id.toLowerCase(), id] as const));
    for (const key of known.keys()) {
      fresh.delete(key);
    }
    if (fresh.size > 1) {
      report.progress(`Looking up ${fresh.size} managed identities`);
    }
    await eachConcurrently([...fresh], async ([key, id]) => known.set(key, await read(id, signal)));
    return new Map(
      [...known].flatMap(([key, found]) => (found === undefined ? [] : [[key, found] as const])),
    );
  };
}
