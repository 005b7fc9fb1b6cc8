import { managedClusterType, managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { ClusterSummary } from '../../domain/clusters/cluster.ts';
import type { IdentitySummary } from '../../domain/ports.ts';
import { shape } from './result-shapes.ts';

/** The members that az prints of an identity, by az's names; a member that Azure has not given yet is null. */
export function managedIdentityView(identity: IdentitySummary) {
  const { resourceId, location, clientId = null, principalId = null, tenantId = null } = identity;
  const { name = '', resourceGroup = '' } = parseResourceId(resourceId, managedIdentityType) ?? {};
  return { id: resourceId, name, resourceGroup, location, clientId, principalId, tenantId };
}

export type ManagedIdentityView = ReturnType<typeof managedIdentityView>;

export const managedIdentityShape = {
  ...shape<ManagedIdentityView>(
    ['NAME', ({ name }) => name],
    ['GROUP', ({ resourceGroup }) => resourceGroup],
    ['CLIENT-ID', ({ clientId }) => clientId],
    ['LOCATION', ({ location }) => location],
  ),
  name: ({ name }: ManagedIdentityView) => name,
  none: 'There is no managed identity.\n',
};

/** A cluster with what decides about pod identity on it. */
export function clusterSummaryView({ subscriptionId, resourceGroup, name, ...facts }: ClusterSummary) {
  const { provisioningState, powerState = null, networkPlugin, identityType, addonEnabled } = facts;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${managedClusterType}/${name}`;
  return {
    id,
    name,
    resourceGroup,
    provisioningState,
    powerState,
    networkPlugin,
    identityType,
    podIdentityEnabled: addonEnabled,
  };
}

export type ClusterSummaryView = ReturnType<typeof clusterSummaryView>;

export const clusterSummaryShape = {
  ...shape<ClusterSummaryView>(
    ['NAME', ({ name }) => name],
    ['GROUP', ({ resourceGroup }) => resourceGroup],
    [
      'STATE',
      ({ provisioningState, powerState }) => (powerState === 'Stopped' ? powerState : provisioningState),
    ],
    ['PLUGIN', ({ networkPlugin }) => networkPlugin],
    ['IDENTITY', ({ identityType }) => identityType],
    ['ADD-ON', ({ podIdentityEnabled }) => (podIdentityEnabled ? 'on' : 'off')],
  ),
  name: ({ name }: ClusterSummaryView) => name,
  none: 'There is no cluster.\n',
};

const ofSubscription = { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'demo-rg' };
const group = `/subscriptions/${ofSubscription.subscriptionId}/resourceGroups/demo-rg/providers`;

/** To try --query on. */
export const oneManagedIdentity = managedIdentityView({
  resourceId: `${group}/${managedIdentityType}/web`,
  location: 'westeurope',
  clientId: '00000000-0000-4000-8000-000000000002',
  principalId: '00000000-0000-4000-8000-000000000003',
  tenantId: '00000000-0000-4000-8000-000000000004',
});
export const oneCluster = clusterSummaryView({
  ...ofSubscription,
  name: 'demo',
  provisioningState: 'Succeeded',
  powerState: 'Running',
  networkPlugin: 'azure',
  identityType: 'SystemAssigned',
  addonEnabled: true,
});
