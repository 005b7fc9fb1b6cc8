import { describe, expect, it } from 'vitest';
import { objectAt } from '../../src/emulator/exact-json.ts';
import { scenarioCatalog } from '../../src/emulator/scenarios/scenario-catalog.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { emulatedPodid, identityId } from './emulated-podid.ts';

const marked = { 'kubernetes.azure.com/managedby': 'aks' };
const cluster =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ContainerService/managedClusters/demo?api-version=2025-10-01';

async function exceptions(emulator: Emulator) {
  // Whoever looks through the API asks something first.
  await fetch(`${emulator.url}/version`);
  return emulator.kube
    .list('AzurePodIdentityException')
    .map(({ metadata: { name, labels }, spec }) => ({ name, labels, spec }));
}

const ofAks = { name: 'aks-addon-exception', labels: marked, spec: { podLabels: marked } };

async function put(emulator: Emulator, profile: object) {
  const headers = { authorization: `Bearer ${emulator.armToken}`, 'content-type': 'application/json' };
  const read = (await (await fetch(emulator.url + cluster, { headers })).json()) as { properties: object };
  const body = JSON.stringify({ ...read, properties: { ...read.properties, podIdentityProfile: profile } });
  const response = await fetch(emulator.url + cluster, { method: 'PUT', headers, body });
  expect(response.status).toBe(200);
}

/** Asks until the operation has ended. */
async function end(emulator: Emulator) {
  const running = () => [...emulator.world.operations.values()].find(({ status }) => status === undefined);
  const headers = { authorization: `Bearer ${emulator.armToken}` };
  for (let one = running(); one !== undefined; one = running()) {
    const where = `providers/Microsoft.ContainerService/locations/${one.location}/operations/${one.id}`;
    const query = `api-version=2025-03-01&${one.signature}`;
    await fetch(`${emulator.url}/subscriptions/${one.subscriptionId}/${where}?${query}`, { headers });
  }
}

const ways: readonly (readonly [
  string,
  (podid: Awaited<ReturnType<typeof emulatedPodid>>) => Promise<unknown>,
])[] = [
  ['enable', (podid) => podid.run('enable -g demo-rg -c demo')],
  [
    'the wizard',
    (podid) =>
      podid.run(`init -g demo-rg -c demo --namespace demo --identity-resource-id ${identityId('web')} --yes`),
  ],
  [
    "anybody's PUT",
    async ({ emulator }) => {
      await put(emulator, { enabled: true });
      await end(emulator);
    },
  ],
];

describe('aks-addon-exception', () => {
  it.each(ways)('comes with the add-on by %s, and goes with podid disable', async (_by, enable) => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    expect(await exceptions(podid.emulator)).toEqual([]);
    await enable(podid);
    expect(await exceptions(podid.emulator)).toEqual([ofAks]);
    expect(await podid.run('status --drift -g demo-rg -c demo -o json --query drift')).toMatchObject({
      exitCode: 0,
      stdout: '[]\n',
    });
    expect(await podid.run('disable -g demo-rg -c demo --yes')).toMatchObject({ exitCode: 0 });
    expect(await exceptions(podid.emulator)).toEqual([]);
  });

  it("goes with anybody's PUT that turns the add-on off, and with the cluster", async () => {
    for (const isDeleted of [false, true]) {
      await using emulator = await startEmulator({ scenario: 'in-use' });
      expect(await exceptions(emulator)).toEqual([ofAks]);
      if (isDeleted) {
        const headers = { authorization: `Bearer ${emulator.armToken}` };
        await fetch(emulator.url + cluster, { method: 'DELETE', headers });
      } else {
        await put(emulator, { enabled: false });
      }
      await end(emulator);
      expect(await exceptions(emulator)).toEqual([]);
    }
  });

  it('is as it was after a change that failed, and until a change has ended', async () => {
    await using emulator = await startEmulator({ scenario: 'first-time' });
    emulator.faults.set([
      {
        match: { operation: 'clusters.put' },
        effect: { operation: { status: 'Failed', error: { code: 'X', message: 'x' } } },
      },
    ]);
    await put(emulator, { enabled: true });
    await end(emulator);
    expect(await exceptions(emulator)).toEqual([]);
    emulator.faults.clear();
    emulator.seed({ settings: { operationMs: [60_000, 60_000], operationPolls: 0 } });
    await put(emulator, { enabled: true });
    expect(await exceptions(emulator)).toEqual([]);
    emulator.clock.advance(60_000);
    expect(await exceptions(emulator)).toEqual([ofAks]);
  });

  it('that somebody else wrote stays as it is', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const spec = { podLabels: { app: 'mine' } };
    const metadata = { name: ofAks.name, namespace: 'kube-system' };
    const theirs = {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzurePodIdentityException',
      metadata,
      spec,
    };
    podid.emulator.seed({ kubernetes: [theirs] });
    await podid.run('enable -g demo-rg -c demo');
    await podid.run('disable -g demo-rg -c demo --yes');
    expect(await exceptions(podid.emulator)).toEqual([{ name: ofAks.name, labels: undefined, spec }]);
  });

  it.each(Object.keys(scenarioCatalog))(
    'is in the cluster of scenario %s if the add-on is on',
    async (scenario) => {
      await using emulator = await startEmulator({ scenario });
      const [demo] = emulator.world.clusters.values();
      const isOn = objectAt(demo?.document, 'properties', 'podIdentityProfile')?.['enabled'] === true;
      expect((await exceptions(emulator)).filter(({ name }) => name === ofAks.name)).toEqual(
        isOn ? [ofAks] : [],
      );
    },
  );

  it('is there again after a start from a state file', async () => {
    await using first = await startEmulator({ scenario: 'in-use' });
    const headers = { 'podid-emulator-key': first.key };
    const world = (await (await fetch(`${first.url}/_podid/world`, { headers })).json()) as object;
    await using second = await startEmulator({ scenario: 'first-time', seed: world as never });
    expect(await exceptions(second)).toEqual([ofAks]);
  });
});
