import { describe, expect, it } from 'vitest';
import { tenantIdAnnotation, tokenSourceAnnotation } from '../../src/domain/exchange/token-source.ts';
import type { AgentNode } from '../../src/workflows/agent/status/agent-node.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';

/** What each agent of the scenario says of its identities. */
async function nodesOf(podid: EmulatedPodid): Promise<readonly AgentNode[]> {
  const { nodes }: { nodes: readonly AgentNode[] } = await podid.json('nmi status -o json');
  expect(nodes.length).toBeGreaterThan(1);
  return nodes;
}

/** Gives AzureIdentity demo/web annotations, and another spec, as somebody does by kubectl. */
function change({ emulator }: EmulatedPodid, annotations: Readonly<Record<string, string>>, spec = {}): void {
  const identity = emulator.kube.get('azureidentities', 'demo', 'web');
  if (identity === undefined) {
    throw new Error('The scenario has no AzureIdentity demo/web.');
  }
  const own = identity.spec as object;
  emulator.kube.seed({
    ...identity,
    metadata: { ...identity.metadata, annotations },
    spec: { ...own, ...spec },
  });
}

const none = { imds: 0, exchange: 0, servicePrincipal: 0, unusable: 0 };

describe('the agents of a scenario', () => {
  it('say where the tokens come from at that moment, to podid nmi status and doctor', async () => {
    await using podid = await emulatedPodid({ scenario: 'way-out' }, {}, { clock: fastClock() });
    for (const node of await nodesOf(podid)) {
      expect(node).toMatchObject({ exchange: 'ready', identities: { ...none, imds: 1 } });
    }
    await podid.json('exchange enable --identity demo/web --rounds 1 --over 1s --yes');
    for (const node of await nodesOf(podid)) {
      expect(node).toMatchObject({ exchange: 'ready', identities: { ...none, exchange: 1 } });
    }
    const doctor = await podid.run('doctor -o json');
    expect(doctor.exitCode, doctor.stdout).toBe(0);
    await podid.json('exchange disable --identity demo/web --yes');
    for (const node of await nodesOf(podid)) {
      expect(node).toMatchObject({ identities: { ...none, imds: 1 } });
    }
  });

  it.each([
    [{ [tokenSourceAnnotation]: 'elsewhere' }, {}, 'unusable'],
    [{ [tokenSourceAnnotation]: 'exchange' }, {}, 'unusable'],
    [{ [tokenSourceAnnotation]: 'exchange', [tenantIdAnnotation]: 'a tenant' }, {}, 'unusable'],
    [{ [tokenSourceAnnotation]: 'exchange' }, { type: 1 }, 'servicePrincipal'],
    [{ [tokenSourceAnnotation]: ' imds ' }, {}, 'imds'],
  ] as const)('take an identity with %j and %j for %s', async (annotations, spec, source) => {
    await using podid = await emulatedPodid({ scenario: 'way-out' });
    change(podid, annotations, spec);
    for (const node of await nodesOf(podid)) {
      expect(node.identities).toEqual({ ...none, [source]: 1 });
    }
  });

  it('have no token to exchange where none is mounted, and in standard mode know what is assigned on their node', async () => {
    await using managed = await emulatedPodid({ scenario: 'in-use' });
    for (const node of await nodesOf(managed)) {
      expect(node).toMatchObject({ exchange: 'no-token', identities: { ...none, imds: 1 } });
    }
    await using standard = await emulatedPodid({ scenario: 'standard-mode' });
    const metadata = { namespace: 'demo', name: 'web' };
    for (const name of ['web-1', 'web-2']) {
      standard.emulator.kube.seed({
        apiVersion: 'aadpodidentity.k8s.io/v1',
        kind: 'AzureAssignedIdentity',
        metadata: { namespace: 'demo', name },
        spec: {
          pod: name,
          podNamespace: 'demo',
          nodename: 'aks-nodepool1-12345678-vmss000001',
          azureIdentityRef: { metadata, spec: { type: 0, clientID: 'c', resourceID: 'r' } },
        },
      });
    }
    const [first, second] = await nodesOf(standard);
    expect(first?.identities).toEqual(none);
    expect(second?.identities).toEqual({ ...none, imds: 1 });
  });
});
