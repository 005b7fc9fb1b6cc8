import {
  type AzureAssignedIdentity,
  type AzureIdentity,
  type AzureIdentityBinding,
  type AzurePodIdentityException,
  identityApi,
} from '../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import {
  createWatchList,
  type WatchList,
  type WatchListOptions,
  type WatchListTarget,
} from '../../k8s/client/watch-list.ts';
import {
  parseAzureAssignedIdentity,
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../validate/kubernetes/crd-objects.ts';
import { parsePod } from '../../validate/kubernetes/pod.ts';

/** How to reach the server and what to do about trouble; what is watched each function adds. */
export type WatchBasics = Omit<WatchListOptions<unknown>, 'path' | 'query' | 'parse' | 'into'>;

const identityPath = `/apis/${identityApi.group}/${identityApi.version}`;

/** The pods of one node, in all namespaces. */
export function watchNodePods(node: string, into: WatchListTarget<Pod>, basics: WatchBasics): WatchList {
  const query = { fieldSelector: `spec.nodeName=${node}` };
  return createWatchList({ ...basics, path: '/api/v1/pods', query, parse: parsePod, into });
}

export function watchAzureIdentities(into: WatchListTarget<AzureIdentity>, basics: WatchBasics): WatchList {
  const path = `${identityPath}/azureidentities`;
  return createWatchList({ ...basics, path, parse: parseAzureIdentity, into });
}

export function watchBindings(into: WatchListTarget<AzureIdentityBinding>, basics: WatchBasics): WatchList {
  const path = `${identityPath}/azureidentitybindings`;
  return createWatchList({ ...basics, path, parse: parseAzureIdentityBinding, into });
}

export function watchExceptions(
  into: WatchListTarget<AzurePodIdentityException>,
  basics: WatchBasics,
): WatchList {
  const path = `${identityPath}/azurepodidentityexceptions`;
  return createWatchList({ ...basics, path, parse: parseAzurePodIdentityException, into });
}

/**
 * @param node only the assignments that MIC labelled with this node's name; all of the cluster's when
 * undefined
 */
export function watchAssignedIdentities(
  node: string | undefined,
  into: WatchListTarget<AzureAssignedIdentity>,
  basics: WatchBasics,
): WatchList {
  const path = `${identityPath}/azureassignedidentities`;
  const query = node === undefined ? {} : { labelSelector: `nodename=${node}` };
  return createWatchList({ ...basics, path, query, parse: parseAzureAssignedIdentity, into });
}
