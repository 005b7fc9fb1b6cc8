import type { Cluster } from '../../domain/clusters/cluster.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { updateCluster } from '../clusters/update-cluster.ts';
import { type Obstructed, readCluster } from './read-cluster.ts';
import type { InitDeps, Wizard } from './wizard.ts';

type Wish = 'leave' | 'move' | 'other';

/**
 * The ways on from a cluster on which the add-on cannot work: to leave it as it is, and have objects in the cluster;
 * or to give a service-principal cluster a managed identity, which is an operation of its own and done at once.
 *
 * @returns the cluster to go on with; undefined when another one is wanted, or nobody can be asked
 */
export async function passObstacle(
  wizard: Wizard,
  deps: InitDeps,
  read: Obstructed,
): Promise<Cluster | undefined> {
  const { given, options, signal } = wizard;
  const isSecret = isPodidError(read.obstacle, 'ServicePrincipalCluster');
  const wish =
    isSecret && given.enableManagedIdentity && !options.dryRun ? 'move' : await wishFor(wizard, read);
  if (wish === 'leave') {
    return read.cluster;
  }
  if (wish === 'other') {
    return undefined;
  }
  const { id } = read.cluster;
  const update = { cluster: id, enableManagedIdentity: true, upgradeNodeImages: false };
  await updateCluster(deps.forCluster(id), update, options);
  const after = await readCluster(deps, id, signal, given.mode);
  if (after.obstacle === undefined) {
    return after.cluster;
  }
  deps.report.warn(after.obstacle.message, after.obstacle.hint);
  return undefined;
}

async function wishFor(
  { given, questions, options }: Wizard,
  { cluster, obstacle }: Obstructed,
): Promise<Wish> {
  const { name } = cluster.id;
  const isSecret = isPodidError(obstacle, 'ServicePrincipalCluster');
  // Objects in the cluster need neither a managed identity nor scale sets, but somebody may want the add-on by name.
  const canLeave =
    !cluster.profile.enabled &&
    given.mode === undefined &&
    (isSecret || cluster.pools.some(({ osType }) => osType.toLowerCase() === 'linux'));
  const ways = [
    ...(canLeave
      ? [{ value: 'leave', name: 'Leave it as it is, and use objects in the cluster' } as const]
      : []),
    ...(isSecret && !options.dryRun
      ? [{ value: 'move', name: 'Give it a managed identity now' } as const]
      : []),
  ];
  if (questions === undefined || ways.length === 0) {
    return 'other';
  }
  const wish = await questions.select<Wish>({
    message: isSecret ? `${name} runs as a service principal:` : `${name} has no node pool for the add-on:`,
    choices: [...ways, { value: 'other', name: 'Choose another cluster' }],
  });
  return wish ?? 'other';
}
