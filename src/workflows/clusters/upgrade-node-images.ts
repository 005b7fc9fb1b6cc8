import type { AgentPool, Cluster } from '../../domain/clusters/cluster.ts';
import { azFlags } from '../../domain/hints/next-command.ts';
import { advice, type Command, command, joinHints } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { type ChangeDeps, endOfWait, waitUntilIdle } from '../change/start-change.ts';

/**
 * Puts the newest node image on the pools one after the other, since Azure works on one at a time.
 *
 * @returns the failure of the first pool that ended as Failed; the pools after it are left as they are
 */
export async function upgradeNodeImages(deps: ChangeDeps, cluster: Cluster): Promise<PodidError | undefined> {
  for (const pool of cluster.pools) {
    const failure = await upgradePool(deps, cluster, pool);
    if (failure !== undefined) {
      return failure;
    }
  }
  return undefined;
}

/** For people who upgrade the pools when it suits them. */
export function upgradeCommands({ id, pools }: Cluster): Command[] {
  return pools.map(({ name }) =>
    command('az aks nodepool upgrade', ...azFlags(id, '--cluster-name'), '-n', name, '--node-image-only'),
  );
}

async function upgradePool(
  deps: ChangeDeps,
  cluster: Cluster,
  pool: AgentPool,
): Promise<PodidError | undefined> {
  const { options, deadline } = deps;
  const { clusters } = deps.azure;
  const about = `node pool ${pool.name} of cluster ${cluster.id.name}`;
  const wait = {};
  try {
    deps.report.progress(`Upgrading the node image of ${about}`, { wait });
    const operation = await startWhenIdle(deps, cluster, pool);
    if (operation === undefined) {
      deps.report.note(`Nothing to upgrade in ${about}.`);
      return undefined;
    }
    const end = await deadline.within((signal) =>
      clusters.follow(operation, {
        pollIntervalMs: options.pollIntervalMs,
        onStatus: (status) => deps.report.progress(`Azure upgrades ${about}: ${status}`, { wait }),
        cluster: cluster.id,
        resourceIds: [],
        signal,
      }),
    );
    if (end.status === 'Succeeded') {
      deps.report.note(`Upgraded the node image of ${about}.`);
      return undefined;
    }
    return upgradeFailed(about, end.status, end.error);
  } catch (error) {
    throw endOfWait(deps, error, `Azure continues with ${about}.`, joinHints(upgradeCommands(cluster), '; '));
  }
}

/** Another operation on the cluster is waited for, as for any change. */
async function startWhenIdle(deps: ChangeDeps, cluster: Cluster, pool: AgentPool) {
  const { options, deadline } = deps;
  for (;;) {
    try {
      return await deps.azure.clusters.upgradeNodeImage(cluster.id, pool.name, deps.signal);
    } catch (error) {
      if (!isPodidError(error, 'ClusterBusy') || deadline.passed()) {
        throw error;
      }
      await deadline.pause(options.pollIntervalMs);
      await waitUntilIdle(deps, cluster.id);
    }
  }
}

function upgradeFailed(
  about: string,
  status: string,
  error: { readonly code: string; readonly message: string } | undefined,
): PodidError {
  const reason = error ? `${error.code}: ${error.message}` : 'Azure gave no reason';
  return new PodidError('EntryFailed', `The upgrade of ${about} ended as ${status}: ${reason}`, {
    hint: advice`${command('podid cluster update --upgrade-node-images')}  # tries again`,
  });
}
