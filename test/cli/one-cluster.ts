import type { Cluster, PodIdentityProfile } from '../../src/domain/clusters/cluster.ts';
import { subscriptionId } from './fake-context.ts';

/** A cluster with the add-on on, and these entries. */
export function oneCluster(profile: Partial<PodIdentityProfile> = {}): Cluster {
  return {
    id: { subscriptionId, resourceGroup: 'demo', name: 'demo' },
    resourceId: `/subscriptions/${subscriptionId}/resourcegroups/demo/providers/Microsoft.ContainerService/managedClusters/demo`,
    location: 'westeurope',
    provisioningState: 'Succeeded',
    networkPlugin: 'azure',
    eTag: 'e-1',
    identity: { type: 'SystemAssigned', principalId: 'principal-1', userAssigned: [] },
    pools: [{ name: 'a', osType: 'Linux', type: 'VirtualMachineScaleSets' }],
    profile: { enabled: true, allowNetworkPluginKubenet: false, identities: [], exceptions: [], ...profile },
    document:
      '{"id":"x","name":"demo","location":"westeurope","properties":{"provisioningState":"Succeeded","podIdentityProfile":{"enabled":true}}}',
  };
}
