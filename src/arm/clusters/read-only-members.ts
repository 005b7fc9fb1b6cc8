/**
 * Members of a managed cluster's JSON that the server writes and a PUT leaves out, as paths of wire names;
 * `*` is every item of a list or every member of a map. What the SDK's models mark `readonly`
 * (arm-containerservice 25.3.0), and at the end what servers return besides: the early spelling of the eTag
 * and the pools' node image, which az drops too. States of entries in the pod-identity profile are dealt with
 * where the profile is edited.
 */
export const readOnlyMembers: readonly string[] = [
  'id',
  'name',
  'type',
  'systemData',
  'eTag',
  'identity.principalId',
  'identity.tenantId',
  'identity.userAssignedIdentities.*.principalId',
  'identity.userAssignedIdentities.*.clientId',
  'properties.provisioningState',
  'properties.powerState',
  'properties.maxAgentPools',
  'properties.currentKubernetesVersion',
  'properties.fqdn',
  'properties.privateFQDN',
  'properties.azurePortalFQDN',
  'properties.agentPoolProfiles.*.eTag',
  'properties.agentPoolProfiles.*.currentOrchestratorVersion',
  'properties.agentPoolProfiles.*.provisioningState',
  'properties.agentPoolProfiles.*.status.provisioningError',
  'properties.agentPoolProfiles.*.localDNSProfile.state',
  'properties.addonProfiles.*.identity',
  'properties.oidcIssuerProfile.issuerURL',
  'properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs',
  'properties.networkProfile.natGatewayProfile.effectiveOutboundIPs',
  'properties.privateLinkResources.*.privateLinkServiceID',
  'properties.ingressProfile.webAppRouting.identity',
  'properties.resourceUID',
  'properties.status.provisioningError',
  'etag',
  'properties.agentPoolProfiles.*.etag',
  'properties.agentPoolProfiles.*.nodeImageVersion',
];
