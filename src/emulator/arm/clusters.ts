import { listAt, objectAt, textAt } from '../exact-json.ts';
import { issuerUrl, rotateSigningKeys } from '../federation/issuers.ts';
import type { EmulatorResponse } from '../http.ts';
import type { Cluster } from '../world.ts';
import { ok, refuseAsAks } from './arm-answers.ts';
import {
  type ArmCall,
  type ArmRoute,
  objectBody,
  page,
  param,
  requireGroup,
  subscriptionOf,
} from './arm-call.ts';
import { poolRoutes } from './machines/node-pools.ts';
import { acceptedHeaders } from './operation-answers.ts';
import { renewTags, setState, startOperation } from './operations.ts';
import { newestVersion, putCluster } from './put-cluster.ts';
import { isEntraCluster } from './run-command.ts';
import { answerDocument, clusterId, clusterOf, refuseWhileBusy } from './stored-cluster.ts';

const provider = '/providers/Microsoft\\.ContainerService/managedClusters';
const subscription = '^/subscriptions/(?<subscription>[^/]+)';
const group = `${subscription}/resourceGroups/(?<group>[^/]+)`;

export const clusterRoutes: readonly ArmRoute[] = [
  ...poolRoutes,
  route('clusters.listBySubscription', 'GET', `${subscription}${provider}`, list),
  route('clusters.list', 'GET', `${group}${provider}`, list),
  route('clusters.get', 'GET', `${group}${provider}/(?<name>[^/]+)`, get),
  route('clusters.put', 'PUT', `${group}${provider}/(?<name>[^/]+)`, putCluster),
  route('clusters.patch', 'PATCH', `${group}${provider}/(?<name>[^/]+)`, patchTags),
  route('clusters.delete', 'DELETE', `${group}${provider}/(?<name>[^/]+)`, remove),
  route('clusters.stop', 'POST', `${group}${provider}/(?<name>[^/]+)/stop`, (call) =>
    switchPower(call, 'Stopped'),
  ),
  route('clusters.start', 'POST', `${group}${provider}/(?<name>[^/]+)/start`, (call) =>
    switchPower(call, 'Running'),
  ),
  route(
    'clusters.rotateCertificates',
    'POST',
    `${group}${provider}/(?<name>[^/]+)/rotateClusterCertificates`,
    (call) => begin(call, clusterOf(call), { kind: 'update', state: 'RotatingClusterCertificates' }),
  ),
  route(
    'clusters.rotateSigningKeys',
    'POST',
    `${group}${provider}/(?<name>[^/]+)/rotateServiceAccountSigningKeys`,
    rotateKeys,
  ),
  route(
    'clusters.kubernetesVersions',
    'GET',
    `${subscription}/providers/Microsoft\\.ContainerService/locations/(?<location>[^/]+)/kubernetesVersions`,
    kubernetesVersions,
  ),
  route(
    'clusters.upgradeProfile',
    'GET',
    `${group}${provider}/(?<name>[^/]+)/upgradeProfiles/default`,
    upgradeProfile,
  ),
  route(
    'clusters.userCredential',
    'POST',
    `${group}${provider}/(?<name>[^/]+)/listClusterUserCredential`,
    credential,
  ),
  route(
    'clusters.adminCredential',
    'POST',
    `${group}${provider}/(?<name>[^/]+)/listClusterAdminCredential`,
    credential,
  ),
];

function route(name: string, method: string, pattern: string, handle: ArmRoute['handle']): ArmRoute {
  return { name, method, pattern: new RegExp(`${pattern}/?$`, 'i'), handle };
}

function list(call: ArmCall): EmulatorResponse {
  subscriptionOf(call);
  const prefix = call.request.path.replace(/\/providers\/.*$/i, '/').toLowerCase();
  const clusters = [...call.world.clusters].filter(([key]) => key.startsWith(prefix));
  return page(
    call,
    clusters.map(([, cluster]) => answerDocument(call, cluster)),
  );
}

function get(call: ArmCall): EmulatorResponse {
  return ok(answerDocument(call, clusterOf(call)));
}

/** PATCH changes tags and nothing else, and only at rest. */
function patchTags(call: ArmCall): EmulatorResponse {
  const cluster = clusterOf(call);
  const body = objectBody(call);
  refuseWhileBusy(cluster);
  if (Object.keys(body).some((member) => member !== 'tags')) {
    refuseAsAks(400, 'BadRequest', 'Only tags can be changed by PATCH.');
  }
  cluster.document['tags'] = objectAt(body, 'tags') ?? {};
  renewTags(call.world, cluster);
  return ok(answerDocument(call, cluster));
}

function remove(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  const cluster = call.world.clusters.get(clusterId(call).toLowerCase());
  if (cluster === undefined) {
    return { status: 204 };
  }
  return begin(call, cluster, { kind: 'delete', state: 'Deleting' });
}

/** `stop` and `start`; the power changes when the operation begins, and is what it was to whoever asks twice. */
function switchPower(call: ArmCall, code: 'Running' | 'Stopped'): EmulatorResponse {
  const cluster = clusterOf(call);
  refuseWhileBusy(cluster);
  const properties = objectAt(cluster.document, 'properties') ?? {};
  properties['powerState'] = { code };
  for (const pool of listAt(properties, 'agentPoolProfiles')) {
    Object.assign(objectAt(pool) ?? {}, { powerState: { code } });
  }
  return begin(call, cluster, { kind: 'update', state: code === 'Stopped' ? 'Stopping' : 'Starting' });
}

function begin(
  call: ArmCall,
  cluster: Cluster,
  { kind, state }: { kind: 'update' | 'delete'; state: string },
): EmulatorResponse {
  refuseWhileBusy(cluster);
  cluster.operation = startOperation(
    call.world,
    {
      subscriptionId: param(call, 'subscription'),
      location: textAt(cluster.document, 'location') ?? 'unknown',
      clusterKey: clusterId(call).toLowerCase(),
      kind,
    },
    call.effects,
  );
  setState(cluster.document, state);
  renewTags(call.world, cluster);
  return { status: 202, headers: acceptedHeaders(call, cluster.operation) };
}

/** Refused where nobody gets to see the keys. */
function rotateKeys(call: ArmCall): EmulatorResponse {
  const cluster = clusterOf(call);
  refuseWhileBusy(cluster);
  const issuer = issuerUrl(cluster.document);
  if (issuer === undefined) {
    refuseAsAks(400, 'BadRequest', 'The OIDC issuer of the cluster is not enabled.');
  }
  rotateSigningKeys(call.world, issuer);
  return begin(call, cluster, { kind: 'update', state: 'Updating' });
}

/** What new clusters can have: the one version that they get here. */
function kubernetesVersions(call: ArmCall): EmulatorResponse {
  subscriptionOf(call);
  const version = {
    version: '1.33',
    isDefault: true,
    isPreview: false,
    capabilities: { supportPlan: ['KubernetesOfficial'] },
    patchVersions: { [newestVersion]: { upgrades: [] } },
  };
  return ok({ values: [version] });
}

/** What the cluster and its pools could be upgraded to: the emulator knows of nothing newer. */
function upgradeProfile(call: ArmCall): EmulatorResponse {
  const { document } = clusterOf(call);
  const kubernetesVersion = textAt(document, 'properties', 'currentKubernetesVersion');
  return ok({
    id: `${textAt(document, 'id')}/upgradeprofiles/default`,
    name: 'default',
    type: 'Microsoft.ContainerService/managedClusters/upgradeprofiles',
    properties: {
      controlPlaneProfile: { kubernetesVersion, osType: 'Linux', upgrades: [] },
      agentPoolProfiles: listAt(document, 'properties', 'agentPoolProfiles').map((pool) => ({
        name: textAt(pool, 'name'),
        kubernetesVersion: textAt(pool, 'currentOrchestratorVersion') ?? kubernetesVersion,
        osType: textAt(pool, 'osType') ?? 'Linux',
        upgrades: [],
      })),
    },
  });
}

function credential(call: ArmCall): EmulatorResponse {
  clusterOf(call);
  const name = /Admin/.test(call.request.path) ? 'clusterAdmin' : 'clusterUser';
  const kind = name === 'clusterUser' && isEntraCluster(call) ? 'entra' : 'token';
  const value = Buffer.from(call.kubeconfig(kind)).toString('base64');
  call.giveOut(value);
  return ok({ kubeconfigs: [{ name, value }] });
}
