import { managedClusterType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type {
  AddonIdentity,
  AgentPool,
  Cluster,
  ClusterId,
  ClusterIdentity,
  NetworkResource,
  PodIdentityProfile,
} from '../../domain/clusters/cluster.ts';
import type { PodIdentity, PodIdentityException } from '../../domain/entries/pod-identity.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../json-record.ts';
import { innermostError } from './innermost-error.ts';

/**
 * Reads ARM's JSON of a managed cluster, forgiving whatever podid does not decide by: members that are
 * absent, null or of another type count as not there.
 *
 * @throws PodidError Unavailable when the text is no JSON object with `properties`, or is about another
 * cluster
 */
export function readManagedCluster(id: ClusterId, document: string): Cluster {
  const body = parseCluster(id, document);
  const properties = recordAt(body, 'properties');
  const network = recordAt(properties, 'networkProfile');
  const kubelet = recordAt(recordAt(properties, 'identityProfile'), 'kubeletidentity');
  return {
    id,
    resourceId:
      stringAt(body, 'id') ??
      `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${id.name}`,
    location: stringAt(body, 'location') ?? '',
    provisioningState: stringAt(properties, 'provisioningState') ?? '',
    ...optional('powerState', stringAt(recordAt(properties, 'powerState'), 'code')),
    ...optional('eTag', filled(stringAt(body, 'eTag')) ?? filled(stringAt(body, 'etag'))),
    ...optional(
      'kubernetesVersion',
      stringAt(properties, 'currentKubernetesVersion') ?? stringAt(properties, 'kubernetesVersion'),
    ),
    ...optional('nodeResourceGroup', stringAt(properties, 'nodeResourceGroup')),
    networkPlugin: stringAt(network, 'networkPlugin') ?? '',
    identity: readIdentity(recordAt(body, 'identity')),
    ...optional('kubeletIdentityResourceId', stringAt(kubelet, 'resourceId')),
    kubeletIdentityIds: {
      clientId: stringAt(kubelet, 'clientId') ?? '',
      objectId: stringAt(kubelet, 'objectId') ?? '',
    },
    addonIdentities: readAddonIdentities(properties),
    networkResources: readNetworkResources(properties),
    ...optional(
      'servicePrincipalClientId',
      stringAt(recordAt(properties, 'servicePrincipalProfile'), 'clientId'),
    ),
    ...readWorkloadIdentity(properties),
    pools: recordsAt(properties, 'agentPoolProfiles').map(readPool),
    profile: readPodIdentityProfile(properties['podIdentityProfile']),
    document,
  };
}

/**
 * Reads `podIdentityProfile`; null, absent and `{}` (what the server makes of a disabled one) are all "off".
 */
export function readPodIdentityProfile(value: unknown): PodIdentityProfile {
  const profile = isRecord(value) ? value : {};
  return {
    enabled: profile['enabled'] === true,
    allowNetworkPluginKubenet: profile['allowNetworkPluginKubenet'] === true,
    identities: recordsAt(profile, 'userAssignedIdentities').map(readPodIdentity),
    exceptions: recordsAt(profile, 'userAssignedIdentityExceptions').map(readException),
  };
}

/** The pair by which an entry is found; a member that is missing counts as empty. */
export function readEntryKey(entry: JsonRecord): { namespace: string; name: string } {
  return { namespace: stringAt(entry, 'namespace') ?? '', name: stringAt(entry, 'name') ?? '' };
}

/**
 * An error, a list or half a cluster with status 200 would pass for a cluster without pod identities, and be
 * edited as one.
 */
function parseCluster(id: ClusterId, document: string): JsonRecord {
  const body = parseJson(document);
  if (isRecord(body) && isRecord(body['properties']) && isAbout(id, stringAt(body, 'id'))) {
    return body;
  }
  throw new PodidError('Unavailable', `Azure's answer about cluster ${id.name} is not what ARM answers.`, {
    hint: advice`Try again; a proxy may have answered in place of Azure.`,
  });
}

function isAbout(id: ClusterId, resourceId: string | undefined): boolean {
  if (resourceId === undefined) {
    return true;
  }
  const parsed = parseResourceId(resourceId, managedClusterType);
  const members = ['subscriptionId', 'resourceGroup', 'name'] as const;
  return (
    parsed !== undefined && members.every((each) => parsed[each].toLowerCase() === id[each].toLowerCase())
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readIdentity(identity: JsonRecord): ClusterIdentity {
  return {
    type: stringAt(identity, 'type') ?? 'None',
    ...optional('principalId', filled(stringAt(identity, 'principalId'))),
    ...optional('tenantId', filled(stringAt(identity, 'tenantId'))),
    userAssigned: Object.entries(recordAt(identity, 'userAssignedIdentities')).map(([resourceId, value]) => {
      const member = isRecord(value) ? value : {};
      return {
        resourceId,
        ...optional('principalId', filled(stringAt(member, 'principalId'))),
        ...optional('clientId', filled(stringAt(member, 'clientId'))),
      };
    }),
  };
}

/** The member is `issuerURL`; only az prints `issuerUrl`. */
function readWorkloadIdentity(properties: JsonRecord): Pick<Cluster, 'oidcIssuer' | 'workloadIdentity'> {
  const issuer = recordAt(properties, 'oidcIssuerProfile');
  const webhook = recordAt(recordAt(properties, 'securityProfile'), 'workloadIdentity');
  return {
    ...(issuer['enabled'] === true
      ? { oidcIssuer: optional('url', filled(stringAt(issuer, 'issuerURL'))) }
      : {}),
    ...(webhook['enabled'] === true ? { workloadIdentity: true } : {}),
  };
}

/** Those of `addonProfiles`, and of web application routing, which AKS keeps elsewhere. */
function readAddonIdentities(properties: JsonRecord): AddonIdentity[] {
  const routing = recordAt(recordAt(properties, 'ingressProfile'), 'webAppRouting');
  const all = [
    ...Object.entries(recordAt(properties, 'addonProfiles')),
    ['webAppRouting', routing] as const,
  ].map(([addon, profile]) => ({ addon, identity: recordAt(isRecord(profile) ? profile : {}, 'identity') }));
  return all
    .filter(({ identity }) => filled(stringAt(identity, 'resourceId')) !== undefined)
    .map(({ addon, identity }) => ({
      addon,
      resourceId: stringAt(identity, 'resourceId') ?? '',
      clientId: stringAt(identity, 'clientId') ?? '',
    }));
}

/** Each once, whatever the number of pools that use it. */
function readNetworkResources(properties: JsonRecord): NetworkResource[] {
  const balancer = recordAt(recordAt(properties, 'networkProfile'), 'loadBalancerProfile');
  const idsIn = (record: JsonRecord, list: string) =>
    recordsAt(record, list).map((one) => stringAt(one, 'id'));
  const pools = recordsAt(properties, 'agentPoolProfiles');
  const found: [NetworkResource['kind'], string | undefined][] = [
    ...pools.flatMap((pool): [NetworkResource['kind'], string | undefined][] => [
      ['subnet', stringAt(pool, 'vnetSubnetID')],
      ['subnet', stringAt(pool, 'podSubnetID')],
    ]),
    ...idsIn(recordAt(balancer, 'outboundIPs'), 'publicIPs').map(
      (id): [NetworkResource['kind'], typeof id] => ['public IP address', id],
    ),
    ...idsIn(recordAt(balancer, 'outboundIPPrefixes'), 'publicIPPrefixes').map(
      (id): [NetworkResource['kind'], typeof id] => ['public IP prefix', id],
    ),
  ];
  const byId = new Map(
    found.flatMap(([kind, resourceId]) =>
      resourceId ? [[resourceId.toLowerCase(), { kind, resourceId }] as const] : [],
    ),
  );
  return [...byId.values()];
}

function readPool(pool: JsonRecord): AgentPool {
  return {
    name: stringAt(pool, 'name') ?? '',
    osType: stringAt(pool, 'osType') ?? 'Linux',
    type: stringAt(pool, 'type') ?? '',
  };
}

function readPodIdentity(entry: JsonRecord): PodIdentity {
  const identity = recordAt(entry, 'identity');
  const key = readEntryKey(entry);
  const fault = recordAt(entry, 'provisioningInfo')['error'];
  return {
    ...key,
    bindingSelector: filled(stringAt(entry, 'bindingSelector')) ?? key.name,
    identity: {
      resourceId: stringAt(identity, 'resourceId') ?? '',
      clientId: stringAt(identity, 'clientId') ?? '',
      objectId: stringAt(identity, 'objectId') ?? '',
    },
    ...optional('provisioningState', filled(stringAt(entry, 'provisioningState'))),
    ...optional('error', fault === undefined ? undefined : innermostError(fault)),
  };
}

function readException(entry: JsonRecord): PodIdentityException {
  return { ...readEntryKey(entry), podLabels: stringMapAt(entry, 'podLabels') ?? {} };
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [key in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [key in Key]?: Value });
}
