import type { ImdsIdentity } from '../../src/emulator/imds/imds-identity.ts';

/**
 * Managed identities that are assigned to the node. The values file of the test binds storefront and orders.
 */
export const identities = {
  storefront: identity('id-storefront', '00000000-0000-4000-8000-000000000021', 'rg-retail-prod'),
  orders: identity('id-orders', '00000000-0000-4000-8000-000000000022', 'rg-retail-prod'),
  web: identity('web', '00000000-0000-4000-8000-00000000000a'),
  jobs: identity('jobs', '00000000-0000-4000-8000-00000000000b'),
  /** Bound to no pod. */
  stray: identity('stray', '00000000-0000-4000-8000-00000000000c'),
};

export const nodeIdentities = Object.values(identities);

/** The node's own identity, which no pod may get unless it is excepted. */
export const systemAssigned = identity('node', '00000000-0000-4000-8000-0000000000ff');

function identity(name: string, clientId: string, resourceGroup = 'rg-shop'): ImdsIdentity {
  const subscription = '/subscriptions/00000000-0000-4000-8000-000000000001';
  return {
    clientId,
    objectId: clientId.replace(/^0{8}/, '11111111'),
    resourceId: `${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
  };
}
