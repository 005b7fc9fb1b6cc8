import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import { updateCluster } from '../clusters/update-cluster.ts';
import { readCluster } from './read-cluster.ts';
import type { InitDeps, Questions, Wizard } from './wizard.ts';

/**
 * Offers to give a service-principal cluster a managed identity, which is an operation of its own and done at
 * once.
 *
 * @returns the cluster after it; undefined when that is not the obstacle, nothing may be written, or nobody
 * wants it
 */
export async function moveFromServicePrincipal(
  { given, questions, options, signal }: Wizard,
  deps: InitDeps,
  id: ClusterId,
  obstacle: PodidError,
): Promise<Cluster | undefined> {
  if (options.dryRun || !isPodidError(obstacle, 'ServicePrincipalCluster')) {
    return undefined;
  }
  if (!given.enableManagedIdentity && !(await wantsToMove(questions, id))) {
    return undefined;
  }
  const wish = { cluster: id, enableManagedIdentity: true, upgradeNodeImages: false };
  await updateCluster(deps.forCluster(id), wish, options);
  const read = await readCluster(deps, id, signal);
  if (read.obstacle === undefined) {
    return read.cluster;
  }
  deps.report.warn(read.obstacle.message, read.obstacle.hint);
  return undefined;
}

async function wantsToMove(questions: Questions | undefined, { name }: ClusterId): Promise<boolean> {
  const move = await questions?.select({
    message: `${name} runs as a service principal:`,
    choices: [
      { value: false, name: 'Leave it as it is' },
      { value: true, name: 'Give it a managed identity now' },
    ],
  });
  return move ?? false;
}
