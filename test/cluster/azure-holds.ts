import type { EmulatedPodid } from '../cli-on-emulator/emulated-podid.ts';

/** An entry of namespace shop, as Azure holds it. */
export function entryOf(name: string) {
  const resourceId = `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const identity = { resourceId, clientId: `00000000-0000-4000-8000-0000c11e${name}`, objectId: 'o' };
  return { name, namespace: 'shop', bindingSelector: name, identity };
}

/** Puts a profile into the emulator, as if others had written it. */
export function azureHolds(
  { emulator }: EmulatedPodid,
  identities: readonly object[],
  exceptions: readonly object[] = [],
): void {
  const [cluster] = emulator.world.clusters.values();
  const properties = cluster?.document['properties'] as { podIdentityProfile: object };
  properties.podIdentityProfile = {
    enabled: true,
    userAssignedIdentities: identities.map((each) => ({ ...each, provisioningState: 'Assigned' })),
    userAssignedIdentityExceptions: exceptions,
  };
}
