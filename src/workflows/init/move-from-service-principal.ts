import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import { updateCluster } from '../clusters/update-cluster.ts';
import { readCluster } from './read-cluster.ts';
import { endWithoutAddon, type InitDeps, type Questions, type Wizard } from './wizard.ts';

/**
 * Offers to give a service-principal cluster a managed identity, which is an operation of its own and done at
 * once.
 *
 * @returns the cluster after it; undefined when that is not the obstacle, nothing may be written, or another
 * cluster is wanted
 * @throws PodidError Interrupted when the cluster is to stay as it is
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
  const wish = given.enableManagedIdentity ? 'move' : await wishFor(questions, id);
  if (wish === 'leave') {
    throw endWithoutAddon(id);
  }
  if (wish === 'other') {
    return undefined;
  }
  const update = { cluster: id, enableManagedIdentity: true, upgradeNodeImages: false };
  await updateCluster(deps.forCluster(id), update, options);
  const read = await readCluster(deps, id, signal, given.mode);
  if (read.obstacle === undefined) {
    return read.cluster;
  }
  deps.report.warn(read.obstacle.message, read.obstacle.hint);
  return undefined;
}

async function wishFor(
  questions: Questions | undefined,
  { name }: ClusterId,
): Promise<'leave' | 'move' | 'other'> {
  const wish = await questions?.select<'leave' | 'move' | 'other'>({
    message: `${name} runs as a service principal:`,
    choices: [
      { value: 'leave', name: 'Leave it as it is, and use objects in the cluster' },
      { value: 'move', name: 'Give it a managed identity now' },
      { value: 'other', name: 'Choose another cluster' },
    ],
  });
  return wish ?? 'other';
}
