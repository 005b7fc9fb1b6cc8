import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownedIn } from '../../src/domain/standard-mode/ledger-state.ts';
import {
  bindingTo,
  identity,
  keyOf,
  micPod,
  nodeOf,
  resourceId,
  scaleSetId,
  vmId,
} from './decide/mic-objects.ts';
import { fakeFault, operationMs, type PatchTrouble } from './fake-azure.ts';
import { type MicBench, micBench, minute } from './mic-bench.ts';

const identities = ['a', 'b', 'c', 'd', 'e'];
const machines = [scaleSetId('pool1'), scaleSetId('pool2'), vmId('vm-1')];
const nodes = ['n1', 'n2', 'n3', 'n4'];
const providers = [
  nodeOf(`${machines[0]}/virtualMachines/0`),
  nodeOf(`${machines[0]}/virtualMachines/1`),
  nodeOf(`${machines[1]}/virtualMachines/0`),
  nodeOf(String(machines[2])),
];

/** How many sequences are tried: `PROPERTY_RUNS=50000 npx vitest run --project unit --testTimeout 0 FILE`. */
const runs = process.env['PROPERTY_RUNS'] === undefined ? undefined : Number(process.env['PROPERTY_RUNS']);

type Step =
  | { readonly do: 'pod'; readonly pod: number; readonly label: number; readonly node: number }
  | { readonly do: 'no-pod'; readonly pod: number }
  | { readonly do: 'binding' | 'no-binding' | 'touch' | 'bad' | 'good'; readonly identity: number }
  | { readonly do: 'node' | 'no-node'; readonly node: number }
  | { readonly do: 'others-add' | 'others-take'; readonly machine: number; readonly identity: number }
  | {
      readonly do: 'others-swap';
      readonly machine: number;
      readonly identity: number;
      readonly ms: number;
    }
  | { readonly do: 'trouble'; readonly trouble: PatchTrouble }
  | {
      readonly do:
        | 'azure-away'
        | 'azure-back'
        | 'cluster-away'
        | 'cluster-away-at-change'
        | 'cluster-back'
        | 'lead-again'
        | 'restart'
        | 'lose-ledger';
    }
  | { readonly do: 'wait'; readonly ms: number };

const upTo = (count: number) => fc.nat({ max: count - 1 });
const trouble: fc.Arbitrary<PatchTrouble> = fc.constantFrom<PatchTrouble>(
  { kind: 'lost' },
  { kind: 'denied', fault: fakeFault(500, 'InternalServerError') },
  { kind: 'unreached' },
  { kind: 'operation-fails' },
  { kind: 'refuse', fault: fakeFault(409, 'Conflict') },
  { kind: 'refuse', fault: { ...fakeFault(429, 'TooManyRequests'), retryAfterMs: 10_000 } },
  { kind: 'refuse', fault: { ...fakeFault(429, 'TooManyRequests'), retryAfterMs: 8 * minute } },
  { kind: 'refuse', fault: fakeFault(503, '') },
  { kind: 'refuse', fault: fakeFault(403, 'AuthorizationFailed') },
  { kind: 'refuse', fault: fakeFault(400, 'FailedIdentityOperation') },
);
const wait = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.constantFrom(50, 700, 5_000, operationMs, 4 * minute, 12 * minute),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pod' as const),
      pod: upTo(6),
      label: upTo(5),
      node: fc.integer({ min: -1, max: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('no-pod' as const), pod: upTo(6) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('binding', 'no-binding', 'touch', 'bad', 'good'),
      identity: upTo(5),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('node', 'no-node'), node: upTo(4) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('others-add', 'others-take'),
      machine: upTo(3),
      identity: upTo(5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('others-swap' as const),
      machine: upTo(3),
      identity: upTo(5),
      ms: fc.constantFrom(5_000, operationMs, 4 * minute),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('trouble' as const), trouble }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'azure-away',
        'azure-back',
        'cluster-away',
        'cluster-away-at-change',
        'cluster-back',
        'lead-again',
        'restart',
        'lose-ledger',
      ),
    }),
  },
  { weight: 8, arbitrary: wait },
) as fc.Arbitrary<Step>;

const changes = new WeakMap<MicBench, number>();
const changedAtMs = (bench: MicBench) => changes.get(bench) ?? 0;
/** Where the API server goes away as soon as a change of a machine is sent. */
const goingAway = new WeakSet<MicBench>();
/** When the API server was last away. */
const aways = new WeakMap<MicBench, number>();
/** A leader that could not write the ledger tries again within so long. */
const ledgerAgainMs = 5_000;

/**
 * A leader is killed that saw what others have taken off, or that nothing came of its own change, while it could not write
 * the ledger. Whatever is there later, or is already, nobody can tell whose it is: the ledger still says podid's.
 */
function loseUnwritten({ azure, cluster, clock }: MicBench, lastAwayMs: number): void {
  if (clock.monotonic() - lastAwayMs > ledgerAgainMs || cluster.ledger === undefined) {
    return;
  }
  for (const [id, machine] of azure.machines) {
    for (const key of ownedIn(cluster.ledger.state, id)) {
      (machine.ids.has(key) ? machine.anybodys : machine.unseen).add(key);
    }
  }
}

async function take(bench: MicBench, step: Step): Promise<void> {
  const { azure, cluster } = bench;
  if (step.do !== 'wait') {
    changes.set(bench, bench.clock.monotonic());
  }
  const name = 'identity' in step ? (identities[step.identity] ?? '') : '';
  switch (step.do) {
    case 'pod': {
      const pod = {
        name: `p${step.pod}`,
        label: identities[step.label] ?? '',
        nodeName: nodes[step.node] ?? '',
      };
      cluster.removePod(`shop/${pod.name}`);
      cluster.putPod(micPod({ ...pod, uid: `uid-${pod.name}-${pod.label}-${pod.nodeName}` }));
      break;
    }
    case 'no-pod':
      cluster.removePod(`shop/p${step.pod}`);
      break;
    case 'binding':
      cluster.putBinding(bindingTo(name, name));
      break;
    case 'no-binding':
      cluster.removeBinding(`shop/${name}-binding`);
      break;
    case 'touch':
      cluster.putIdentity(identity(name, { spec: { clientID: `client-${bench.clock.monotonic()}` } }));
      break;
    case 'bad':
      azure.bad.add(keyOf(resourceId(name)));
      azure.namesBad = step.identity % 2 === 0;
      break;
    case 'good':
      azure.bad.delete(keyOf(resourceId(name)));
      break;
    case 'node':
      cluster.putNode(nodes[step.node] ?? '', providers[step.node] ?? '');
      break;
    case 'no-node':
      cluster.removeNode(nodes[step.node] ?? '');
      break;
    case 'others-add':
      azure.putByOthers(
        keyOf(machines[step.machine] ?? ''),
        resourceId(name).toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions'),
      );
      break;
    case 'others-take':
      azure.takeByOthers(keyOf(machines[step.machine] ?? ''), keyOf(resourceId(name)));
      break;
    case 'others-swap':
      await take(bench, { ...step, do: 'others-take' });
      await take(bench, { do: 'wait', ms: step.ms });
      await take(bench, { ...step, do: 'others-add' });
      break;
    case 'trouble':
      azure.troubles.push(step.trouble);
      break;
    case 'azure-away':
    case 'azure-back':
      azure.isAway = step.do === 'azure-away';
      break;
    case 'cluster-away':
      cluster.isAway = true;
      break;
    case 'cluster-away-at-change':
      goingAway.add(bench);
      break;
    case 'cluster-back':
    case 'lead-again':
    case 'restart':
      comeBack(bench);
      await (step.do === 'lead-again' ? bench.leadAgain() : step.do === 'restart' && killAndStart(bench));
      break;
    case 'lose-ledger':
      cluster.ledger = undefined;
      break;
    case 'wait':
      await bench.clock.advance(step.ms);
  }
}

function comeBack(bench: MicBench): void {
  if (bench.cluster.isAway) {
    aways.set(bench, bench.clock.monotonic());
  }
  bench.cluster.isAway = false;
  goingAway.delete(bench);
}

async function killAndStart(bench: MicBench): Promise<void> {
  loseUnwritten(bench, aways.get(bench) ?? Number.NEGATIVE_INFINITY);
  await bench.restart();
}

/** What each machine must carry now, by the cluster's objects alone. */
function wantedOn({ cluster }: MicBench): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { labels, nodeName } of cluster.pods.values()) {
    const label = labels['aadpodidbinding'] ?? '';
    const provider = cluster.nodes.get(nodeName);
    if (provider !== undefined && cluster.bindings.has(`shop/${label}-binding`)) {
      const machine = keyOf(machines.find((id) => provider.startsWith(nodeOf(id))) ?? '');
      wanted.set(machine, (wanted.get(machine) ?? new Set()).add(keyOf(resourceId(label))));
    }
  }
  return wanted;
}

/** A second is time enough to hear of a change: what is needed since then must not be taken away. */
const noticeMs = 1_000;

async function newBench(): Promise<MicBench> {
  const bench = micBench();
  bench.azure.onPatch = ({ machineId, remove }) => {
    const needed = wantedOn(bench).get(machineId) ?? new Set();
    const isHeardOf = bench.clock.monotonic() - changedAtMs(bench) > noticeMs;
    const inUse = remove.filter((key) => isHeardOf && needed.has(key));
    bench.azure.breaches.push(...inUse.map((key) => `${key} was in use on ${machineId}`));
    bench.cluster.isAway ||= goingAway.delete(bench);
  };
  for (const [at, id] of machines.entries()) {
    // The second has nothing but a system-assigned identity, which the last removal must leave there.
    bench.azure.addMachine(id, { hasSystem: at === 1, others: at === 1 ? [] : [resourceId('kubelet')] });
  }
  for (const [at, name] of nodes.entries()) {
    bench.cluster.putNode(name, providers[at] ?? '');
  }
  for (const name of identities) {
    bench.cluster.putIdentity(identity(name));
    bench.cluster.putBinding(bindingTo(name, name));
  }
  await bench.restart();
  return bench;
}

/** Nothing is in the way any more, and there is time enough for the longest backoff and the slowest look. */
async function calm(bench: MicBench): Promise<void> {
  const { azure, cluster } = bench;
  azure.isAway = false;
  comeBack(bench);
  azure.troubles.splice(0);
  azure.bad.clear();
  for (const [at, name] of nodes.entries()) {
    cluster.putNode(name, providers[at] ?? '');
  }
  await bench.clock.advance(75 * minute);
}

describe('any interleaving of pods, bindings, nodes, faults, restarts and what others do', () => {
  it('ends with all that pods need on their machines, and takes away nothing that podid did not put there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const bench = await newBench();
        try {
          for (const each of steps) {
            await take(bench, each);
          }
          await calm(bench);
          expect(bench.azure.breaches).toEqual([]);
          for (const [machine, keys] of wantedOn(bench)) {
            const carried = bench.azure.machines.get(machine)?.ids ?? new Map();
            expect([...keys].filter((key) => !carried.has(key))).toEqual([]);
          }
          expect(stateNames(bench)).toEqual(expectedStates(bench));
          for (const { resourceId: id, ids, hasSystem } of bench.azure.machines.values()) {
            const hasSystemAlone = id === machines[1];
            expect(ids.has(keyOf(resourceId('kubelet'))), id).toBe(!hasSystemAlone);
            expect(hasSystem, id).toBe(hasSystemAlone);
          }
        } finally {
          await bench.stop();
        }
      }),
      { numRuns: runs ?? 150 },
    );
  });

  it('ends with nothing left behind of what nobody needs', async () => {
    const noLoss = step.filter(({ do: what }) => what !== 'lose-ledger');
    await fc.assert(
      fc.asyncProperty(fc.array(noLoss, { minLength: 1, maxLength: 40 }), async (steps) => {
        const bench = await newBench();
        try {
          for (const each of steps) {
            await take(bench, each);
          }
          await calm(bench);
          for (const key of bench.cluster.pods.keys()) {
            bench.cluster.removePod(key);
          }
          await bench.clock.advance(40 * minute);
          expect(stateNames(bench)).toEqual([]);
          const left = [...bench.azure.machines.values()].flatMap(({ byPodid }) => [...byPodid]);
          expect(left).toEqual([]);
          expect(bench.azure.breaches).toEqual([]);
        } finally {
          await bench.stop();
        }
      }),
      { numRuns: runs ?? 75 },
    );
  });
});

function stateNames(bench: MicBench): string[] {
  return Object.entries(bench.states())
    .map(([name, state]) => `${name} ${state}`)
    .sort();
}

function expectedStates({ cluster }: MicBench): string[] {
  return [...cluster.pods.values()]
    .filter(({ labels, nodeName }) => {
      const label = labels['aadpodidbinding'] ?? '';
      return nodeName !== '' && cluster.bindings.has(`shop/${label}-binding`);
    })
    .map(({ name, labels }) => `shop/${name}-shop-${labels['aadpodidbinding']} Assigned`)
    .sort();
}
