import type { Cluster, ClusterId, ClusterSummary } from '../../domain/clusters/cluster.ts';
import type { Subscription } from '../../domain/ports.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { need } from './history.ts';
import { passObstacle } from './pass-obstacle.ts';
import { readCluster } from './read-cluster.ts';
import {
  type AskStep,
  type Choice,
  fitting,
  type InitDeps,
  settled,
  someone,
  type Wizard,
} from './wizard.ts';

/**
 * Asks until a cluster is chosen that pod identity can work on; what forbids it is reported with the way out.
 */
export const askCluster: AskStep<'cluster'> = async (wizard, known, before) => {
  const { subscription } = need(known, 'subscription');
  const { given, signal } = wizard;
  const deps = await wizard.open(subscription.subscriptionId);
  const { resourceGroup, clusterName } = given;
  if (resourceGroup !== undefined && clusterName !== undefined) {
    const id = { subscriptionId: subscription.subscriptionId, resourceGroup, name: clusterName };
    const read = await readCluster(deps, id, signal, given.mode);
    if (read.obstacle === undefined) {
      return settled(read.cluster);
    }
    if (wizard.questions !== undefined) {
      deps.report.warn(read.obstacle.message, read.obstacle.hint);
    }
    const chosen = await passObstacle(wizard, deps, read);
    if (chosen !== undefined) {
      return settled(chosen);
    }
    throw read.obstacle;
  }
  const usual = usualCluster(given, subscription);
  if (given.isUsualMeant && usual !== undefined && before === undefined) {
    const named = await namedByVariable(wizard, deps, usual);
    if (named !== undefined) {
      return { value: named, asked: true };
    }
  }
  const choices = (await clustersToChoose(wizard, deps, subscription)).map(asChoice);
  let last = before?.id ?? usual;
  for (;;) {
    const initial = choices.find(({ value }) => last !== undefined && isSame(value, last))?.value;
    const id = await someone(wizard).search({
      message: 'Cluster:',
      choices: (typed) => fitting(choices, typed),
      ...(initial === undefined ? {} : { initial }),
    });
    if (id === undefined) {
      return 'back';
    }
    const read = await readCluster(deps, id, signal, given.mode);
    if (read.obstacle === undefined) {
      return { value: read.cluster, asked: true };
    }
    deps.report.warn(read.obstacle.message, read.obstacle.hint);
    const chosen = await passObstacle(wizard, deps, read);
    if (chosen !== undefined) {
      return { value: chosen, asked: true };
    }
    last = id;
  }
};

/** @returns undefined where it is not there, or is not the one to work on: then one is chosen from the list */
async function namedByVariable(wizard: Wizard, deps: InitDeps, id: ClusterId): Promise<Cluster | undefined> {
  try {
    const read = await readCluster(deps, id, wizard.signal, wizard.given.mode);
    deps.report.note(`Cluster: ${clusterText(id)}, as PODID_CLUSTER_NAME has it.`);
    if (read.obstacle === undefined) {
      return read.cluster;
    }
    deps.report.warn(read.obstacle.message, read.obstacle.hint);
    return await passObstacle(wizard, deps, read);
  } catch (error) {
    if (!isPodidError(error, 'ClusterNotFound')) {
      throw error;
    }
    deps.report.warn(error.message);
    return undefined;
  }
}

async function clustersToChoose(
  { given, signal }: Wizard,
  deps: InitDeps,
  { subscriptionId, displayName }: Subscription,
): Promise<readonly ClusterSummary[]> {
  deps.report.progress(`Reading the clusters of ${displayName}`);
  const all = await deps.azure.clusters.list(subscriptionId, signal);
  const wanted = all.filter(
    ({ resourceGroup, name }) =>
      agrees(resourceGroup, given.resourceGroup) && agrees(name, given.clusterName),
  );
  if (wanted.length > 0) {
    return wanted.toSorted((one, other) => clusterText(one).localeCompare(clusterText(other), 'en'));
  }
  const which = all.length === 0 ? '' : ' of that name or group';
  throw new PodidError(
    'ClusterNotFound',
    `There is no AKS cluster${which} that you can read in subscription ${displayName} (${subscriptionId}).`,
    {
      hint:
        all.length === 0
          ? advice`Another subscription: ${command('podid init --subscription ID')}`
          : command('podid init').asItStands(),
    },
  );
}

function usualCluster(
  { usualGroup, usualCluster: name }: Wizard['given'],
  { subscriptionId }: Subscription,
): ClusterId | undefined {
  if (usualGroup === undefined || name === undefined) {
    return undefined;
  }
  return { subscriptionId, resourceGroup: usualGroup, name };
}

function agrees(text: string, wanted: string | undefined): boolean {
  return wanted === undefined || text.toLowerCase() === wanted.toLowerCase();
}

function isSame(one: ClusterId, other: ClusterId): boolean {
  return clusterText(one).toLowerCase() === clusterText(other).toLowerCase();
}

/** Resource groups come in any case. */
function clusterText({ resourceGroup, name }: ClusterId): string {
  return `${name} (${resourceGroup})`;
}

function asChoice(cluster: ClusterSummary): Choice<ClusterSummary> {
  const { provisioningState, powerState, networkPlugin, identityType, addonEnabled } = cluster;
  const state = powerState?.toLowerCase() === 'stopped' ? 'Stopped' : provisioningState;
  const facts = [
    state,
    networkPlugin || 'no plugin named',
    identityKind(identityType),
    addonEnabled ? 'add-on on' : 'add-on off',
  ];
  return { value: cluster, name: clusterText(cluster), facts: facts.join(', ') };
}

function identityKind(type: string): string {
  const kinds: Readonly<Record<string, string>> = {
    systemassigned: 'system-assigned',
    userassigned: 'user-assigned',
    none: 'service principal',
    '': 'service principal',
  };
  return kinds[type.toLowerCase()] ?? type;
}
