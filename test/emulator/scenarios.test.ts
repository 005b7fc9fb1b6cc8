import { describe, expect, it, vi } from 'vitest';
import { type JsonObject, listAt, objectAt, textAt } from '../../src/emulator/exact-json.ts';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { scenarioCatalog } from '../../src/emulator/scenarios/scenario-catalog.ts';
import { startEmulator } from '../../src/emulator/start-emulator.ts';

const names = Object.keys(scenarioCatalog);
/** Controllers make up the ends of the names of what they make. */
const namesOf = (objects: readonly KubeObject[]) =>
  objects
    .map(({ metadata: { name, ownerReferences } }) => (ownerReferences ? name.replace(/-\w+$/, '') : name))
    .sort();

async function control(
  emulator: Awaited<ReturnType<typeof startEmulator>>,
  path: string,
  method = 'GET',
  body?: JsonObject,
) {
  const headers = { 'podid-emulator-key': emulator.key };
  const response = await fetch(`${emulator.url}/_podid/${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as JsonObject;
}

describe('a scenario', () => {
  it.each(names)('%s has of a pool as many nodes as it counts', async (scenario) => {
    await using emulator = await startEmulator({ scenario });
    const [cluster] = emulator.world.clusters.values();
    const pools = listAt(objectAt(cluster?.document, 'properties'), 'agentPoolProfiles') as JsonObject[];
    const nodes = emulator.kube.list('Node');
    const ofPool = (name: unknown) =>
      nodes.filter(({ metadata }) => metadata.labels?.['kubernetes.azure.com/agentpool'] === name).length;
    // node-pools has machines of further pools, and no nodes of them.
    const counts = pools
      .filter(({ name }) => ofPool(name) > 0)
      .map(({ name, count }) => [name, Number(count)]);
    expect(counts).toEqual(counts.map(([name]) => [name, ofPool(name)]));
    expect(counts.length).toBeGreaterThan(0);
  });

  it.each(names)('%s has one tenant, which tokens of its metadata service name too', async (scenario) => {
    await using emulator = await startEmulator({ scenario });
    const identity = [...emulator.world.identities.values()][0] ?? {};
    const clientId = textAt(identity, 'properties', 'clientId');
    emulator.seed({ settings: { imdsMachines: {} } });
    const query = `api-version=2018-02-01&resource=https://vault.azure.net&client_id=${clientId}`;
    const response = await fetch(`${emulator.url}/metadata/identity/oauth2/token?${query}`, {
      headers: { Metadata: 'true' },
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    expect(claims.tid).toBe(emulator.world.tenantId);
    expect(claims.tid).toBe(textAt(identity, 'properties', 'tenantId'));
    const compute = await fetch(`${emulator.url}/metadata/instance/compute?api-version=2021-02-01`, {
      headers: { Metadata: 'true' },
    }).then((answer) => answer.json());
    const { subscriptionId } = [...emulator.world.subscriptions.values()][0] ?? {};
    expect(compute).toMatchObject({ subscriptionId, resourceGroupName: 'MC_demo-rg_demo_westeurope' });
  });

  it.each(names)('%s that takes the place of another leaves nothing of it', async (name) => {
    await using fresh = await startEmulator({ scenario: name });
    const first = name === 'in-use' ? 'standard-mode' : 'in-use';
    await using emulator = await startEmulator({ scenario: first });
    await control(emulator, 'world', 'PUT', {
      tenantId: '00000000-0000-4000-8000-00000000bbbb',
      settings: { eTags: false, pageSize: 1, kubenetAllowed: false },
      kubernetes: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'left-over' } }],
    });
    await control(emulator, 'scenario', 'PUT', { name });
    const found = (of: typeof fresh) =>
      of.kube.kinds().map(({ kind }) => [kind, namesOf(of.kube.list(kind))] as const);
    // Where the cluster runs pods, they come a little later.
    await vi.waitFor(() => expect(found(emulator)).toEqual(found(fresh)), { timeout: 30_000 });
    const expected = await control(fresh, 'world');
    const told = await control(emulator, 'world');
    for (const member of ['tenantId', 'settings', 'identities', 'subscriptions', 'groups']) {
      expect([member, told[member]]).toEqual([member, expected[member]]);
    }
    const ids = (world: JsonObject) => listAt(world, 'machines').map((machine) => textAt(machine, 'id'));
    expect(ids(told)).toEqual(ids(expected));
  });

  it('that takes the place of another is seen by an open watch', async () => {
    await using emulator = await startEmulator({ scenario: 'in-use' });
    const events: string[] = [];
    emulator.kube.subscribe(({ type, object }) =>
      events.push(`${type} ${object.kind} ${object.metadata.name}`),
    );
    await control(emulator, 'scenario', 'PUT', { name: 'default' });
    expect(events).toContain('DELETED Pod web-1');
    expect(events).toContain('ADDED Namespace demo');
  });
});
