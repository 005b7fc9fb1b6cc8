import type { ContainerServiceClient } from '@azure/arm-containerservice';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { aksServerId, type EntraSignIn, type FetchEntraToken } from '../../domain/azure/entra-sign-in.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import type { IdentityReference } from '../../domain/entries/pod-identity.ts';
import type { Clusters, OperationEnd, PutAnswer, PutOptions } from '../../domain/ports.ts';
import { keepEarly } from '../../domain/time/keep-early.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { readApiServerHosts } from '../../validate/azure/api-server-hosts.ts';
import { readCommandFacts } from '../../validate/azure/command-facts.ts';
import { readKubeconfigAnswer } from '../../validate/azure/kubeconfig-answer.ts';
import { readManagedCluster } from '../../validate/azure/managed-cluster.ts';
import { type ArmAnswer, operationOf } from '../connection/arm-answer.ts';
import type { ArmConnection, RawResponse } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { followOperation } from '../connection/follow-operation.ts';
import { upgradeNodeImage } from '../machines/upgrade-node-image.ts';
import { clusterApiVersion } from './cluster-api-version.ts';
import { listClusters } from './list-clusters.ts';
import { addonHint, assignmentErrorCode, identityNamedIn, mapAksError } from './map-aks-error.ts';

/**
 * Managed clusters in ARM. What a read has no use for is loaded when it is asked for: the SDK's client, and
 * what edits documents and packs files.
 *
 * @param apiVersion `PODID_ARM_API_VERSION`
 */
export function armClusters(
  connection: ArmConnection,
  apiVersion: string | undefined,
  entraToken: FetchEntraToken,
): Clusters {
  const asCaller: EntraSignIn = { serverId: aksServerId, as: { kind: 'caller' } };
  const clusterToken = keepEarly((signal) => entraToken(asCaller, signal), connection.clock);
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
      const answer = await putCluster(connection, version.current(), { base, edit, identities }, options);
      return readPutAnswer(base, answer, connection.clock.now());
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
    userKubeconfig: (id, signal, { publicFqdn = false } = { publicFqdn: false }) =>
      version.settle(id.subscriptionId, signal, async (apiVersion) => {
        const client = await clusterClient(connection, id, apiVersion);
        const { managedClusters } = connection.equip(client, 'reads');
        const answer = await connection.raw(
          aboutCluster(connection, id, 'credentials'),
          signal,
          (onResponse) =>
            managedClusters.listClusterUserCredentials(id.resourceGroup, id.name, {
              abortSignal: signal,
              onResponse,
              ...(publicFqdn ? { serverFqdn: 'public' } : {}),
            }),
        );
        return readKubeconfigAnswer(id, answer.text);
      }),
    async apiServerHosts(id, signal) {
      const { document } = await get(id, signal);
      return { names: readApiServerHosts(document), besideLoopbackArm: connection.endpoint.isLoopback };
    },
    async prepareCommand({ document }, signal) {
      if (readCommandFacts(document).entra) {
        await clusterToken.prepare(signal);
      }
    },
    async runCommand(id, command, options) {
      const cluster = await get(id, options.signal);
      const { runCommand } = await import('./run-command.ts');
      const run = { connection, apiVersion: version.current(), cluster, clusterToken: clusterToken.get };
      return await runCommand(run, command, options);
    },
  };
}

async function clusterClient(
  connection: ArmConnection,
  id: ClusterId,
  apiVersion: string,
): Promise<ContainerServiceClient> {
  const { ContainerServiceClient } = await import('./cluster-client.ts');
  return new ContainerServiceClient(connection.credential, id.subscriptionId, {
    ...connection.clientOptions,
    apiVersion,
  });
}

const doings = {
  read: { doing: 'read', action: 'Microsoft.ContainerService/managedClusters/read' },
  write: { doing: 'change', action: 'Microsoft.ContainerService/managedClusters/write' },
  credentials: {
    doing: 'get user credentials of',
    action: 'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
  },
};

function aboutCluster(connection: ArmConnection, id: ClusterId, doing: keyof typeof doings): ArmRequest {
  return {
    doing: `${doings[doing].doing} AKS cluster ${id.name}`,
    action: doings[doing].action,
    scope: `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${id.name}`,
    caller: connection.caller,
    notFound: 'ClusterNotFound',
  };
}

interface Put {
  readonly base: Cluster;
  readonly edit: ClusterEdit;
  readonly identities: readonly IdentityReference[];
}

/** A client for this one PUT: the body of its only request is the edited text, and nothing is sent twice. */
async function putCluster(
  connection: ArmConnection,
  apiVersion: string,
  { base, edit, identities }: Put,
  { headers, signal }: PutOptions,
): Promise<ArmAnswer> {
  const { id } = base;
  const body = await editedDocument(base, edit);
  const client = connection.equip(await clusterClient(connection, id, apiVersion), 'none');
  client.pipeline.addPolicy(sendBodyPolicy(body), { afterPhase: 'Serialize' });
  const about: ArmRequest = {
    ...aboutCluster(connection, id, 'write'),
    known: (fault) => mapAksError(fault, id, identities),
  };
  return connection.raw(about, signal, async (onResponse: (response: RawResponse) => void) => {
    const poller = client.managedClusters.createOrUpdate(
      id.resourceGroup,
      id.name,
      { location: base.location },
      {
        abortSignal: signal,
        onResponse,
        requestOptions: { headers: { ...headers } },
        ...(base.eTag === undefined ? {} : { ifMatch: base.eTag }),
      },
    );
    await poller.submitted();
  });
}

/**
 * Sends this very text as the body of a PUT, in place of what the SDK's models made. For a client that sends
 * one request.
 */
function sendBodyPolicy(body: string): PipelinePolicy {
  return {
    name: 'podidSendBody',
    sendRequest(request, next) {
      if (request.method === 'PUT') {
        request.body = body;
      }
      return next(request);
    },
  };
}

async function editedDocument(base: Cluster, edit: ClusterEdit): Promise<string> {
  const { toPutDocument } = await import('./cluster-document.ts');
  try {
    return toPutDocument(base.document, edit);
  } catch (cause) {
    throw new PodidError('Unavailable', `Azure's answer about cluster ${base.id.name} cannot be sent back.`, {
      hint: advice`Try again; a proxy may have answered in place of Azure.`,
      cause,
    });
  }
}

function readPutAnswer(base: Cluster, answer: ArmAnswer, nowMs: number): PutAnswer {
  const operation = operationOf(answer, nowMs);
  const cluster = readManagedCluster(base.id, answer.text);
  return { cluster, ...(operation === undefined ? {} : { operation }) };
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
