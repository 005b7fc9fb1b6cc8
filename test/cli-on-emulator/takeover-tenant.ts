import { identityId } from './emulated-podid.ts';
import { begun, cluster, type go, type stay, type TakeoverWorld, takeoverWorld } from './takeover-world.ts';

/** As a chart of a tenant leaves them, of which Azure knows nothing. */
export function seedTenant({ podid }: TakeoverWorld, selector = 'tenant'): void {
  const labels = { 'app.kubernetes.io/managed-by': 'Helm', team: 'tenant' };
  const apiVersion = 'aadpodidentity.k8s.io/v1';
  const spec = { type: 0, resourceID: identityId('web'), clientID: '00000000-0000-4000-8000-0000c11e0001' };
  const metadata = { namespace: 'demo', labels };
  podid.emulator.kube.seed({
    apiVersion,
    kind: 'AzureIdentity',
    metadata: { ...metadata, name: 'tenant' },
    spec,
  });
  podid.emulator.kube.seed({
    apiVersion,
    kind: 'AzureIdentityBinding',
    metadata: { ...metadata, name: 'tenant-binding' },
    spec: { azureIdentity: 'tenant', selector },
  });
}

/** A takeover with a tenant's objects, as far as that step. */
export async function worldAt(
  step: number,
  removal: typeof stay | typeof go,
  before = seedTenant,
): Promise<TakeoverWorld> {
  const world = await takeoverWorld(removal);
  before(world);
  await begun(world, step);
  return world;
}

/** A second identity, to which Azure gives no federated credential: its tokens stay with the nodes. */
export async function withOneThatStays({ podid }: TakeoverWorld): Promise<void> {
  const id = identityId('stays');
  await podid.json(`add --namespace demo --name stays --identity-resource-id ${id} --create-identity`);
  await podid.json(`node assign ${cluster.join(' ')} --identities ${id}`);
  podid.emulator.faults.add({
    match: { method: 'PUT', path: 'stays/federatedIdentityCredentials' },
    effect: {
      status: 403,
      body: { error: { code: 'RequestDisallowedByPolicy', message: 'The policy allows none.' } },
    },
  });
}
