import type { Cluster } from '../../domain/clusters/cluster.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { findObjectsInCluster } from '../change/name-objects-in-cluster.ts';
import { entriesInCluster } from '../object-store/entries-in-cluster.ts';
import { choose } from './ask-addon.ts';
import { need, type Way } from './history.ts';
import { isForObjectsAlone } from './read-cluster.ts';
import { type AskStep, type StepEnd, settled, type Wizard } from './wizard.ts';

/**
 * Where the entry will live. An add-on that is on is kept; where it is off, objects in the cluster come first:
 * Azure has not supported the add-on since September 2025.
 */
export const askWay: AskStep<'way'> = async (wizard, known) => {
  const { cluster } = need(known, 'cluster');
  const { given, questions } = wizard;
  if (given.mode === 'cluster') {
    return settled(await readWay(wizard, cluster));
  }
  const { report } = await wizard.open(cluster.id.subscriptionId);
  if (cluster.profile.enabled) {
    report.note(
      `The pod-identity add-on of cluster ${cluster.id.name} is on, so the entry is written to Azure.`,
    );
    return settled({ kind: 'add-on' });
  }
  if (given.mode === 'addon') {
    return settled({ kind: 'turn on' });
  }
  if (given.yes || questions === undefined) {
    await refuseBesideObjects(wizard, cluster);
    return settled({ kind: 'turn on' });
  }
  if (isForObjectsAlone(cluster)) {
    return await chosenWay(wizard, cluster, false);
  }
  const end = await choose(wizard, `The pod-identity add-on is off on ${cluster.id.name}:`, [
    { value: 'cluster', name: 'Work without the add-on (objects in the cluster)' },
    { value: 'turn on', name: 'Turn it on (Azure has not supported it since September 2025)' },
  ]);
  if (typeof end !== 'object') {
    return end;
  }
  return end.value === 'cluster'
    ? await chosenWay(wizard, cluster, true)
    : { value: { kind: 'turn on' }, asked: true };
};

/** A cluster that cannot be reached from here is not the one to work on: another may be chosen. */
async function chosenWay(wizard: Wizard, cluster: Cluster, asked: boolean): Promise<StepEnd<Way>> {
  try {
    return { value: await readWay(wizard, cluster), asked };
  } catch (error) {
    if (!isPodidError(error) || wizard.signal.aborted) {
      throw error;
    }
    const { report } = await wizard.open(cluster.id.subscriptionId);
    report.warn(error.message, error.hint);
    return 'to the cluster';
  }
}

/** @throws PodidError AddonEnabled | ClusterUnreachable, and what else reading the objects throws */
async function readWay(wizard: Wizard, { id }: Cluster): Promise<Way> {
  const deps = (await wizard.open(id.subscriptionId)).forCluster(id);
  deps.report.progress('Reading the objects in the cluster');
  const entries = entriesInCluster(deps, { azure: true, about: {} });
  const { profile } = await entries.get(id, wizard.signal);
  return { kind: 'cluster', identities: profile.identities };
}

/**
 * Whoever works without the add-on has said so by the objects, and nobody is there to ask. @throws PodidError
 * InvalidUsage
 */
async function refuseBesideObjects(wizard: Wizard, { id }: Cluster): Promise<void> {
  const { kube } = (await wizard.open(id.subscriptionId)).forCluster(id);
  const there = await findObjectsInCluster({ kube, signal: wizard.signal }, id);
  if (there === undefined) {
    return;
  }
  const flag = '--mode';
  const message = `${flag} is missing: pod identity is off on cluster ${id.name}, and the cluster itself holds ${there.text} as objects.`;
  throw new PodidError('InvalidUsage', message, {
    hint: advice`With the objects: ${command('podid init --mode cluster').again()}; to turn the add-on on: ${command('podid init --mode addon').again()}`,
    details: [{ code: 'InvalidUsage', flag, message }],
  });
}
