import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../../src/domain/azure/machines.ts';
import type { ObjectsInCluster } from '../../../../src/domain/kubernetes/cluster-objects.ts';
import type { AgentPod } from '../../../../src/domain/kubernetes/workloads.ts';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { readStatus } from '../../../../src/workflows/addon/read-status.ts';
import { nodeIdentities } from '../../../../src/workflows/doctor/checks/node-identities.ts';
import { listIdentities } from '../../../../src/workflows/entries/read-entries.ts';
import { objectStore } from '../../../../src/workflows/object-store/object-store.ts';
import { agentPod } from '../../agent/fake-agent-place.ts';
import { clusterId, clusterWith, FakeAzure } from '../../fake-azure.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const id = (name: string) =>
  `/subscriptions/sub/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const guid = (name: string) => `00000000-0000-4000-8000-00000000000${name === 'web' ? 1 : 2}`;

const managed = fc.constantFrom('web', 'api');
const source = fc.constantFrom(
  ...[{}, {}, { 'podid.io/token-source': 'imds' }, { 'podid.io/token-source': 'exchange' }],
  { 'podid.io/token-source': 'exchange', 'podid.io/tenant-id': '00000000-0000-4000-8000-00000000aaaa' },
);
const spec = managed.chain((name) =>
  fc.constantFrom<Readonly<Record<string, unknown>>>(
    { type: 0, resourceID: id(name), clientID: guid(name) },
    { type: 0, resourceID: id(name).toUpperCase(), clientID: guid(name) },
    { type: 0, resourceID: id(name) },
    { type: 0, clientID: guid(name) },
    { type: 0, resourceID: name, clientID: guid(name) },
    { type: 0 },
  ),
);
const identity = fc.record({
  metadata: fc.record({
    namespace: fc.constant('demo'),
    name: fc.constantFrom('a', 'b', 'c'),
    annotations: source,
  }),
  spec,
});
/** What a machine carries, and of which of these Azure tells the client id. */
const machine = fc.record({
  name: fc.constantFrom('vmss-1', 'vmss-2'),
  carried: fc.uniqueArray(managed),
  told: fc.uniqueArray(managed),
});
const world = fc.record({
  identities: fc.uniqueArray(identity, { maxLength: 3, selector: ({ metadata }) => metadata.name }),
  bound: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
  machines: fc.uniqueArray(machine, { minLength: 1, maxLength: 2, selector: ({ name }) => name }),
});

function machineOf({
  name,
  carried,
  told,
}: {
  readonly name: string;
  readonly carried: readonly string[];
  readonly told: readonly string[];
}): Machine {
  const known = carried.filter((each) => told.includes(each)).map((each) => [id(each), guid(each)]);
  return {
    ...{ resourceId: `/machines/${name}`, name, kind: 'vmss', osType: 'Linux' },
    ...{ identityType: 'UserAssigned', provisioningState: 'Succeeded' },
    identityIds: carried.map(id),
    identityClientIds: Object.fromEntries(known),
  };
}

/** Of the chart's `podid.exchange.default`, on every agent; undefined: agents that were told nothing. */
const chartDefault = fc.constantFrom<AgentPod['exchange'][]>(
  undefined,
  { source: 'imds', tenantId: '', subject: 'agent' },
  { source: 'exchange', tenantId: '', subject: 'agent' },
  { source: 'exchange', tenantId: '00000000-0000-4000-8000-00000000aaaa', subject: 'agent' },
);

/** The entries as `--mode cluster` reads them, of a cluster whose add-on is off. */
function depsOf(objects: ObjectsInCluster, machines: readonly Machine[], agents: readonly AgentPod[]) {
  const azure = new FakeAzure(clusterWith({}, { enabled: false }));
  const deps = azure.deps();
  const reached = { read: async () => objects, mirror: async () => [] };
  const workloads = { agents: async () => agents, pods: async () => [] };
  const nodes = {
    machines: async () => machines,
    checkRights: async () => [],
    assign: () => Promise.reject(new Error('nothing is written here')),
  };
  const entries = objectStore({
    ...{ azure: { ports: deps.azure, nodes }, report: deps.report, clock: deps.clock },
    kube: { objects: async () => ({ ...reached, workloads }) },
    lookUp: () => false,
  });
  return { ...deps, entries };
}

describe('the doctor', () => {
  it('finds missing on the nodes what list and status call Failed for that, and nothing else that they do not', async () => {
    const met = new Set<string>();
    const { signal } = new AbortController();
    await fc.assert(
      fc.asyncProperty(world, chartDefault, async ({ identities, bound, machines }, exchange) => {
        const objects = objectsAsEntries({
          identities,
          bindings: bound.map((name) => ({
            metadata: { namespace: 'demo', name: `${name}-binding` },
            spec: { azureIdentity: name, selector: name },
          })),
          exceptions: [],
        });
        const seen = machines.map(machineOf);
        const agents = [agentPod('a', exchange === undefined ? {} : { exchange })];
        const deps = depsOf(objects, seen, agents);
        const cluster = clusterId;
        const { result: listed } = await listIdentities(deps, { cluster }, signal);
        const asked = { cluster, inObjects: true, drift: false, agent: false };
        const { result: status } = await readStatus(deps, asked, signal);
        const failed = listed
          .filter(({ provisioningState }) => provisioningState === 'Failed')
          .map(({ podCount: _, ...entry }) => entry);
        expect(status).toMatchObject({ enabled: false, mode: 'cluster', identities: listed.length, failed });
        const { message } = nodeIdentities.judge({
          ...evidenceOf({ pods: [], objects }),
          agents: { kind: 'read', value: agents },
          machines: { kind: 'read', value: seen },
        });
        for (const { name, provisioningState, error } of listed) {
          const isMissing = message.includes(`the identity of demo/${name} on `);
          met.add(`${error?.code ?? provisioningState ?? 'unknown'} ${isMissing}`);
          if (error === undefined || error.code === 'NotOnNodes') {
            expect([name, isMissing]).toEqual([name, error !== undefined]);
          }
        }
      }),
      { numRuns: 3_000 },
    );
    expect([...met].sort()).toEqual([
      'Assigned false',
      'BindingMissing false',
      'BindingMissing true',
      'NotOnNodes true',
      'ResourceIdMissing false',
      'unknown false',
    ]);
  });
});
