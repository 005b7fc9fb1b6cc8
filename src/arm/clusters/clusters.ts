import type { FetchEntraToken } from '../../domain/azure/entra-sign-in.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import type { IdentityReference } from '../../domain/entries/pod-identity.ts';
import type { Clusters, OperationEnd, PutAnswer } from '../../domain/ports.ts';
import { readKubeconfigAnswer } from '../../validate/azure/kubeconfig-answer.ts';
import { readManagedCluster } from '../../validate/azure/managed-cluster.ts';
import type { ArmAnswer } from '../connection/arm-answer.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import { followOperation } from '../connection/follow-operation.ts';
import { upgradeNodeImage } from '../machines/upgrade-node-image.ts';
import { aboutCluster } from './about-cluster.ts';
import { clusterApiVersion } from './cluster-api-version.ts';
import { listClusters } from './list-clusters.ts';
import { addonHint, assignmentErrorCode, identityNamedIn } from './map-aks-error.ts';

/**
 * Managed clusters in ARM. What writes is loaded when it is asked for: the SDK's client, and with it whatever
 * edits documents or packs files.
 *
 * @param apiVersion `PODID_ARM_API_VERSION`
 */
export function armClusters(
  connection: ArmConnection,
  apiVersion: string | undefined,
  entraToken: FetchEntraToken,
): Clusters {
  const version = clusterApiVersion(connection, apiVersion);
  const get: Clusters['get'] = (id, signal) =>
    version.settle(id.subscriptionId, signal, async (apiVersion) => {
      const about = aboutCluster(connection, id, 'read');
      const url = `${encodedPath(about.scope)}?api-version=${apiVersion}`;
      const answer = await connection.read(url, about, signal);
      return readManagedCluster(id, answer.text);
    });
  return {
    get,
    async put(base, edit, options) {
      const identities = identitiesIn(base, edit);
      const { putCluster } = await import('./put-cluster.ts');
      const answer = await putCluster(connection, version.current(), { base, edit, identities }, options);
      return readPutAnswer(base, answer);
    },
    async follow(operation, options) {
      const end = await followOperation(connection, operation, options);
      return explainEnd(nameTarget(end, options.resourceIds), options.cluster);
    },
    upgradeNodeImage: (id, pool, signal) =>
      version.settle(id.subscriptionId, signal, (apiVersion) =>
        upgradeNodeImage(connection, { id, pool, apiVersion }, signal),
      ),
    list: (subscriptionId, signal) =>
      version.settle(subscriptionId, signal, (apiVersion) =>
        listClusters(connection, { subscriptionId, apiVersion }, signal),
      ),
    userKubeconfig: (id, signal) =>
      version.settle(id.subscriptionId, signal, async (apiVersion) => {
        const { userKubeconfig } = await import('./user-kubeconfig.ts');
        const answer = await userKubeconfig(connection, { id, apiVersion }, signal);
        return readKubeconfigAnswer(id, answer.text);
      }),
    async runCommand(id, command, options) {
      const cluster = await get(id, options.signal);
      const { runCommand } = await import('./run-command.ts');
      const run = { connection, apiVersion: version.current(), cluster, entraToken };
      return await runCommand(run, command, options);
    },
  };
}

function readPutAnswer(base: Cluster, answer: ArmAnswer): PutAnswer {
  const url = answer.header('azure-asyncoperation');
  const cluster = readManagedCluster(base.id, answer.text);
  return { cluster, ...(url === undefined || url === '' ? {} : { operation: { url } }) };
}

/** As the SDK writes names into an address. */
function encodedPath(resourceId: string): string {
  return resourceId.split('/').map(encodeURIComponent).join('/');
}

function identitiesIn(base: Cluster, edit: ClusterEdit): IdentityReference[] {
  return [...base.profile.identities, ...(edit.putIdentities ?? [])].map((entry) => entry.identity);
}

/** What an operation ends with is answered as the same refusal of a PUT would be. */
function explainEnd(end: OperationEnd, cluster: ClusterId): OperationEnd {
  const hint = end.error && addonHint(end.error.code, cluster);
  return end.error === undefined || hint === undefined ? end : { ...end, error: { ...end.error, hint } };
}

function nameTarget(end: OperationEnd, resourceIds: readonly string[]): OperationEnd {
  if (end.error === undefined || end.error.code !== assignmentErrorCode) {
    return end;
  }
  const identities = resourceIds.map((resourceId) => ({ resourceId, clientId: '', objectId: '' }));
  const target = identityNamedIn(end.error.message, identities);
  return target === undefined ? end : { ...end, error: { ...end.error, target } };
}
