import type { Cluster } from '../../domain/clusters/cluster.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { Change } from '../change/outcome.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { grantOperatorRole } from '../identities/grant-operator-role.ts';

/** Roles found or granted for one principal on many identities. */
export interface GrantedRoles {
  /** Ids of identities whose role is so young that Azure may not know of it yet. */
  readonly fresh: readonly string[];
  readonly missing: readonly Change[];
  readonly refused?: PodidError;
}

/**
 * The identities that a new control plane has to be able to assign: those of the entries, each once, and the
 * kubelets' own.
 *
 * @throws PodidError AssignmentBlocked when one of an entry is gone: Azure would refuse whatever is sent
 */
export async function readAssignedIdentities(
  deps: ChangeDeps,
  cluster: Cluster,
  kubelet: string | undefined,
): Promise<ManagedIdentity[]> {
  const { azure } = deps;
  const { identities } = cluster.profile;
  const ids = new Map(
    [...identities.map(({ identity }) => identity.resourceId), ...(kubelet ? [kubelet] : [])].map((id) => [
      id.toLowerCase(),
      id,
    ]),
  );
  return eachConcurrently([...ids.values()], (id) =>
    azure.identities.get(id, deps.signal).catch((error: unknown) => {
      const entry = identities.find(({ identity }) => identity.resourceId === id);
      throw entry && isPodidError(error, 'IdentityNotFound')
        ? entryDead(cluster, entryText(entry), id)
        : error;
    }),
  );
}

/**
 * Grants Managed Identity Operator on each to the principal, eight at a time; under `--dry-run` only reads.
 */
export async function grantForControlPlane(
  deps: ChangeDeps,
  cluster: Cluster,
  identities: readonly ManagedIdentity[],
  principalId: string,
): Promise<GrantedRoles> {
  const roles = await eachConcurrently(identities, async (identity) => ({
    id: identity.resourceId,
    role: await grantOperatorRole(deps, cluster, identity, principalId),
  }));
  const refused = roles.find(({ role }) => role.refused !== undefined)?.role.refused;
  return {
    fresh: roles.filter(({ role }) => role.fresh).map(({ id }) => id),
    missing: roles.flatMap(({ role }) => (role.missing === undefined ? [] : [role.missing])),
    ...(refused === undefined ? {} : { refused }),
  };
}

function entryDead(cluster: Cluster, entry: string, identityId: string): PodidError {
  return new PodidError(
    'AssignmentBlocked',
    `Azure would refuse the change because of entry ${entry}: its managed identity ${identityId} is gone.`,
    { hint: nextCommand('delete', cluster.id, { failed: true, yes: true }), target: identityId },
  );
}
