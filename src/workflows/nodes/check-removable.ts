import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { modeFlags, nextCommand } from '../../domain/hints/next-command.ts';
import { crdMissingCode, type ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice, joinHints } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';

/**
 * @throws PodidError IdentityInUse for the identities that the cluster itself runs with; nothing overrules
 * that
 */
export function refuseOwnIdentities(cluster: Cluster, identityIds: readonly string[]): void {
  const own = ownIdentities(cluster).filter(({ id }) => identityIds.some((one) => sameResource(one, id)));
  const [first] = own;
  if (first === undefined) {
    return;
  }
  throw new PodidError(
    'IdentityInUse',
    `${own.map(({ id, of }) => `${id} is ${of}`).join('; ')} of cluster ${cluster.id.name}; without it on its nodes the cluster fails, so podid never removes it.`,
    { hint: nextCommand('cluster show', cluster.id), target: first.id },
  );
}

function ownIdentities(cluster: Cluster): { readonly id: string; readonly of: string }[] {
  const { kubeletIdentityResourceId: kubelet, identity, addonIdentities = [] } = cluster;
  return [
    ...(kubelet === undefined ? [] : [{ id: kubelet, of: "the kubelets' identity" }]),
    ...identity.userAssigned.map(({ resourceId }) => ({
      id: resourceId,
      of: "the control plane's identity",
    })),
    ...addonIdentities.map(({ addon, resourceId }) => ({
      id: resourceId,
      of: `the identity of add-on ${addon}`,
    })),
  ];
}

/**
 * Refuses while anything in the cluster still needs one of the identities on the nodes: an entry of the
 * add-on, or a binding of an AzureIdentity that names it, be it by its client id alone.
 *
 * @throws PodidError IdentityInUse, and what kept podid from looking into the cluster
 */
export async function refuseStillBound(
  { azure, kube, report }: Pick<Deps, 'azure' | 'kube' | 'report'>,
  cluster: Cluster,
  identityIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const isMeant = (id: string | undefined) => identityIds.some((one) => sameResource(one, id ?? ''));
  const entries = cluster.profile.enabled
    ? cluster.profile.identities.filter(({ identity }) => isMeant(identity.resourceId))
    : [];
  report.progress(`Looking for bindings in cluster ${cluster.id.name}`);
  const inCluster = await readObjects(kube, cluster, signal);
  const { clientIds, unread } = await readClientIds(azure, identityIds, signal);
  const bound = inCluster.identities.filter(
    ({ resourceId, clientId, bindingSelector }) =>
      bindingSelector !== undefined &&
      (isMeant(resourceId) ||
        clientIds.has(clientId?.toLowerCase() ?? '') ||
        // Which identity it is cannot be seen, so that it may be this one.
        (unread && !resourceId)),
  );
  const users = new Map([...entries, ...bound].map((entry) => [entryText(entry), entry]));
  const [target] = users.keys();
  if (target === undefined) {
    return;
  }
  const deletions = [...users.values()].map(({ namespace, name }) =>
    nextCommand('delete', cluster.id, { ...modeFlags(cluster.profile), namespace, name }),
  );
  throw new PodidError(
    'IdentityInUse',
    `Pods still use it: ${[...users.keys()].join(', ')}. Without the identity on their nodes IMDS answers "Identity not found".`,
    {
      hint: advice`First: ${joinHints(deletions, ', ')}; --force removes it anyway`,
      target,
    },
  );
}

/** In lower case. One that is gone has none; `unread`: one that may not be read has. */
async function readClientIds(
  azure: Pick<Azure, 'identities'>,
  identityIds: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly clientIds: ReadonlySet<string>; readonly unread: boolean }> {
  let unread = false;
  const found = await eachConcurrently(identityIds, async (id) => {
    try {
      return [(await azure.identities.get(id, signal)).clientId.toLowerCase()];
    } catch (error) {
      if (!isPodidError(error, 'IdentityNotFound', 'Forbidden', 'IdentityIncomplete')) {
        throw error;
      }
      unread ||= error.code !== 'IdentityNotFound';
      return [];
    }
  });
  return { clientIds: new Set(found.flat()), unread };
}

async function readObjects(
  kube: Deps['kube'],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<ObjectsInCluster> {
  try {
    return await (await kube.objects(signal)).read(signal);
  } catch (error) {
    if (!isPodidError(error) || signal.aborted) {
      throw error;
    }
    // A cluster that does not know bindings has none.
    if (error.details.some(({ code }) => code === crdMissingCode)) {
      return { identities: [], exceptions: [] };
    }
    throw new PodidError(
      error.code,
      `Cannot check whether a binding in cluster ${cluster.id.name} still uses the identity. ${error.message}`,
      {
        hint: advice`Reach the cluster with --kubeconfig FILE, or remove the identity without checking: --force`,
        exitCode: error.exitCode,
        details: error.details,
        target: error.target,
        cause: error,
      },
    );
  }
}
