import { execFileSync } from 'node:child_process';
import { type AgentWorld, type Identity, podObject } from '../../test/node/agent-world.ts';
import { podCount } from './bench-options.ts';

/**
 * 250 pods behind one veth: the agent distinguishes them by their addresses alone.
 * @param labelOf the binding of each
 */
export async function addPods(
  world: AgentWorld,
  labelOf: (pod: number) => string = () => 'web',
): Promise<void> {
  const numbers = Array.from({ length: podCount }, (_, at) => at);
  const batch = numbers.map((at) => `addr add ${addressOf(at)}/16 dev eth0`).join('\n');
  execFileSync('ip', ['-n', world.bound.name, '-batch', '-'], { input: batch });
  for (const at of numbers) {
    await world.seed(podObject(`many-${at}`, addressOf(at), { aadpodidbinding: labelOf(at) }));
  }
}

function addressOf(pod: number): string {
  return `10.244.1.${pod + 1}`;
}

/** As many identities as asked for, each on the node, in the cluster and bound to the label of its own name. */
export async function addIdentities(world: AgentWorld, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, at) => `many-${at}`);
  world.imds({ identities: names.map(identityOf) });
  const apiVersion = 'aadpodidentity.k8s.io/v1';
  for (const [at, name] of names.entries()) {
    const { clientId, resourceId } = identityOf(name, at);
    const metadata = { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' };
    await world.seed({
      apiVersion,
      kind: 'AzureIdentity',
      metadata,
      spec: { type: 0, clientID: clientId, resourceID: resourceId },
    });
    await world.seed({
      apiVersion,
      kind: 'AzureIdentityBinding',
      metadata,
      spec: { azureIdentity: name, selector: name },
    });
  }
  return names;
}

function identityOf(name: string, at: number): Identity {
  const tail = String(at).padStart(12, '0');
  return {
    clientId: `10000000-0000-0000-0000-${tail}`,
    objectId: `11111111-0000-0000-0000-${tail}`,
    resourceId: `/subscriptions/s/resourcegroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
  };
}
