import { describe, expect, it } from 'vitest';
import { emptyLedger, ownedIn, withoutOwned } from '../../src/domain/standard-mode/ledger-state.ts';
import { bindingTo, identity, keyOf, nodeOf, resourceId, scaleSetId, vmId } from './decide/mic-objects.ts';
import { fakeFault, operationMs } from './fake-azure.ts';
import { addPod, furnish, type MicBench, micBench, minute } from './mic-bench.ts';

const pool1 = keyOf(scaleSetId('pool1'));
const key = (name: string) => keyOf(resourceId(name));
const carried = ({ azure }: ReturnType<typeof micBench>, id = pool1) => [
  ...(azure.machines.get(id)?.ids.keys() ?? []),
];

const throttledFor = (retryAfterMs: number) => ({ ...fakeFault(429, 'TooManyRequests'), retryAfterMs });

async function withOnePod() {
  const bench = micBench();
  furnish(bench, 'web', 'api');
  addPod(bench, 'p1', 'web');
  await bench.restart();
  await bench.clock.advance(2 * operationMs);
  expect(bench.states()).toEqual({ 'shop/p1-shop-web': 'Assigned' });
  return bench;
}

describe('the controller', () => {
  it('owns what it puts on again after it has taken it off, and takes that off, too', async () => {
    const bench = await withOnePod();
    for (const name of ['p2', 'p3']) {
      bench.cluster.removePod('shop/p1');
      bench.cluster.removePod('shop/p2');
      await bench.clock.advance(14 * minute);
      expect(carried(bench)).toEqual([]);
      addPod(bench, name, 'web');
      await bench.clock.advance(2 * operationMs);
      expect(carried(bench)).toEqual([key('web')]);
      expect([...ownedIn(bench.cluster.ledger?.state ?? emptyLedger, pool1)]).toEqual([key('web')]);
      await bench.clock.advance(4 * minute);
    }
  });

  it('says Created while the change runs, and Assigned once it has ended', async () => {
    const bench = micBench();
    furnish(bench, 'web');
    addPod(bench, 'p1', 'web');
    await bench.restart();
    await bench.clock.advance(operationMs / 2);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.states()).toEqual({ 'shop/p1-shop-web': 'Created' });
    await bench.clock.advance(operationMs);
    expect(bench.states()).toEqual({ 'shop/p1-shop-web': 'Assigned' });
    expect(bench.azure.patches).toHaveLength(1);
  });

  it('sends what comes within half a second with one change, and what comes while it runs with the next', async () => {
    const bench = micBench();
    furnish(bench, 'a', 'b', 'c', 'd');
    await bench.restart();
    addPod(bench, 'p1', 'a');
    await bench.clock.advance(200);
    addPod(bench, 'p2', 'b');
    await bench.clock.advance(2_000);
    addPod(bench, 'p3', 'c');
    addPod(bench, 'p4', 'd');
    await bench.clock.advance(3 * operationMs);
    expect(bench.azure.patches.map(({ add }) => add)).toEqual([
      [key('a'), key('b')],
      [key('c'), key('d')],
    ]);
    expect(Object.values(bench.states())).toEqual(Array.from({ length: 4 }, () => 'Assigned'));
  });

  it('writes once for each of the pods whose turn comes after the change has ended', async () => {
    const bench = micBench({ writes: { perSecond: 2, atOnce: 2 } });
    furnish(bench, 'web');
    await bench.restart();
    const pods = Array.from({ length: 200 }, (_, number) => `p${String(number).padStart(3, '0')}`);
    for (const name of pods) {
      addPod(bench, name, 'web');
    }
    const before = bench.cluster.writes;
    await bench.clock.advance(200_000);
    expect(Object.values(bench.states())).toEqual(pods.map(() => 'Assigned'));
    // Two a second while the change runs are written as Created first; all others are not.
    expect(bench.cluster.writes - before).toBeLessThan(pods.length + (2 * operationMs) / 1000 + 20);
  });

  it('writes once, and asks nothing of Azure, where the machine carries the identity', async () => {
    const bench = await withOnePod();
    const before = { reads: bench.azure.reads, writes: bench.cluster.writes };
    addPod(bench, 'p2', 'web');
    await bench.clock.advance(200);
    expect(bench.states()['shop/p2-shop-web']).toBe('Assigned');
    expect([bench.azure.reads, bench.cluster.writes]).toEqual([before.reads, before.writes + 1]);
    expect(bench.azure.patches).toHaveLength(1);
  });
});

describe('a service principal', () => {
  it.each([1, 2])('of type %d walks through the states without a word to Azure', async (type) => {
    const bench = micBench();
    furnish(bench, 'web');
    bench.cluster.putIdentity(identity('sp', { spec: { type, resourceID: '' } }));
    bench.cluster.putBinding(bindingTo('sp', 'sp'));
    await bench.restart();
    addPod(bench, 'p1', 'sp');
    await bench.clock.advance(minute);
    expect(bench.states()).toEqual({ 'shop/p1-shop-sp': 'Assigned' });
    bench.cluster.removePod('shop/p1');
    await bench.clock.advance(minute);
    expect(bench.states()).toEqual({});
    expect([bench.azure.reads, bench.azure.patches]).toEqual([0, []]);
  });
});

describe('each rule', () => {
  it('rule 1: no machine waits for another', async () => {
    const bench = micBench();
    furnish(bench, 'web');
    bench.azure.addMachine(vmId('vm-1'));
    bench.cluster.putNode('n2', nodeOf(vmId('vm-1')));
    addPod(bench, 'p1', 'web');
    await bench.restart();
    await bench.clock.advance(5_000);
    addPod(bench, 'p2', 'web', 'n2');
    await bench.clock.advance(5_000);
    expect(carried(bench, keyOf(vmId('vm-1')))).toEqual([key('web')]);
  });

  it('rule 3: decides only about pods that something was heard of', async () => {
    const bench = await withOnePod();
    const { writes } = bench.cluster;
    bench.cluster.putIdentity({
      ...identity('web'),
      metadata: { ...identity('web').metadata, labels: { gitops: 'x' } },
    });
    await bench.clock.advance(1_000);
    expect(bench.cluster.writes).toBe(writes);
  });

  it('rule 4: a corrected client id never leaves Assigned', async () => {
    const bench = await withOnePod();
    const seen: (string | undefined)[] = [];
    const { take } = bench.cluster.api;
    Object.assign(bench.cluster.api, {
      take: async (...asked: Parameters<typeof take>) => {
        const result = await take(...asked);
        seen.push(...Object.values(bench.states()));
        return result;
      },
    });
    bench.cluster.putIdentity(identity('web', { spec: { clientID: 'corrected' } }));
    await bench.clock.advance(1_000);
    expect(seen).toEqual(['Assigned']);
    const [live] = bench.cluster.assignments.values();
    expect(live?.spec.azureIdentityRef?.spec.clientID).toBe('corrected');
  });

  it.each([true, false])(
    'rule 5: good ones are not blocked by a bad identity (Azure names it: %s)',
    async (namesBad) => {
      const bench = micBench();
      const names = ['a', 'b', 'c', 'd', 'bad'];
      furnish(bench, ...names);
      bench.azure.bad.add(key('bad'));
      bench.azure.namesBad = namesBad;
      for (const name of names) {
        addPod(bench, `p-${name}`, name);
      }
      await bench.restart();
      // Halving takes two changes; a minute's backoff for all would take longer.
      await bench.clock.advance(2.5 * operationMs);
      expect(carried(bench).sort()).toEqual(['a', 'b', 'c', 'd'].map(key));
      expect(bench.states()['shop/p-bad-shop-bad']).toBe('Created');
      expect(bench.cluster.events.filter(({ about }) => about.name === 'p-bad').at(-1)).toMatchObject({
        reason: 'IdentityNotAssigned',
        message: expect.stringContaining('FailedIdentityOperation'),
      });
    },
  );

  it('rule 5: a bad identity costs one change for each step of its backoff, whatever happens to other pods', async () => {
    const bench = micBench();
    furnish(bench, 'web', 'bad');
    bench.azure.bad.add(key('bad'));
    addPod(bench, 'p1', 'web');
    addPod(bench, 'p-bad', 'bad');
    await bench.restart();
    await bench.clock.advance(minute);
    for (let each = 0; each < 20; each += 1) {
      addPod(bench, `more-${each}`, 'web');
      await bench.clock.advance(3 * minute);
    }
    const tries = bench.azure.patches.filter(({ add }) => add.includes(key('bad')));
    // At 0, 1, 3, 7, 15, 31 and 61 minutes.
    expect(tries.length).toBeLessThanOrEqual(7);
    expect(tries.length).toBeGreaterThanOrEqual(6);
  });

  it('rule 5: a change of the AzureIdentity clears it', async () => {
    const bench = micBench();
    furnish(bench, 'bad');
    bench.azure.bad.add(key('bad'));
    addPod(bench, 'p-bad', 'bad');
    await bench.restart();
    await bench.clock.advance(20 * minute);
    bench.azure.bad.clear();
    bench.cluster.putIdentity(identity('bad', { spec: { clientID: 'corrected' } }));
    await bench.clock.advance(2 * operationMs);
    expect(Object.values(bench.states())).toEqual(['Assigned']);
  });

  it.each([
    ['a conflict', { kind: 'refuse', fault: fakeFault(409, 'Conflict') }],
    ['throttling', { kind: 'refuse', fault: { ...fakeFault(429, 'TooManyRequests'), retryAfterMs: 20_000 } }],
    ['a 503', { kind: 'refuse', fault: fakeFault(503, '') }],
    ['a machine that changed meanwhile', { kind: 'refuse', fault: fakeFault(412, 'PreconditionFailed') }],
    ['an answer that was lost', { kind: 'lost' }],
    ['a 500 for what was done', { kind: 'denied', fault: fakeFault(500, 'InternalServerError') }],
    ['a connection that was cut', { kind: 'unreached' }],
    ['an operation that failed', { kind: 'operation-fails' }],
  ] as const)('rules 6 and 7: %s is tried again without any event', async (_what, trouble) => {
    const bench = micBench();
    furnish(bench, 'web');
    addPod(bench, 'p1', 'web');
    bench.azure.troubles.push(trouble);
    await bench.restart();
    await bench.clock.advance(4 * minute);
    expect(Object.values(bench.states())).toEqual(['Assigned']);
    expect(bench.azure.breaches).toEqual([]);
  });

  it('rule 8: a node gets its providerID late', async () => {
    const bench = micBench();
    furnish(bench, 'web');
    bench.cluster.putNode('n2', '');
    addPod(bench, 'p1', 'web', 'n2');
    await bench.restart();
    await bench.clock.advance(minute);
    expect(bench.azure.reads + bench.azure.patches.length).toBe(0);
    expect(bench.cluster.events.at(-1)).toMatchObject({ reason: 'IdentityNotAssigned' });
    bench.cluster.putNode('n2', nodeOf(`${scaleSetId('pool1')}/virtualMachines/1`));
    await bench.clock.advance(2 * operationMs);
    expect(Object.values(bench.states())).toEqual(['Assigned']);
  });

  it('rule 11: what others put there while a change of podid failed stays', async () => {
    const bench = micBench();
    furnish(bench, 'web');
    bench.azure.troubles.push({ kind: 'operation-fails' });
    addPod(bench, 'p1', 'web');
    await bench.restart();
    await bench.clock.advance(2_000);
    bench.azure.putByOthers(pool1, resourceId('web'));
    await bench.clock.advance(2 * operationMs);
    expect(bench.states()).toEqual({ 'shop/p1-shop-web': 'Assigned' });
    bench.cluster.removePod('shop/p1');
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.azure.breaches).toEqual([]);
  });

  it("rule 11: others' identities stay, though pods used them", async () => {
    const bench = micBench();
    furnish(bench, 'web');
    bench.azure.putByOthers(pool1, resourceId('web'));
    addPod(bench, 'p1', 'web');
    await bench.restart();
    await bench.clock.advance(minute);
    bench.cluster.removePod('shop/p1');
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.azure.patches).toEqual([]);
  });

  it('rule 11: what somebody takes over by hand stays for good, though podid had put it there', async () => {
    const bench = await withOnePod();
    const { ledger } = bench.cluster;
    if (ledger === undefined) {
      throw new Error('The leader has opened it.');
    }
    expect(ownedIn(ledger.state, pool1)).toContain(key('web'));
    const taken = withoutOwned(ledger.state, [pool1], [key('web')]);
    bench.cluster.ledger = { state: taken, version: 'by-hand' };
    bench.cluster.removePod('shop/p1');
    await bench.clock.advance(60 * minute);
    expect(bench.states()).toEqual({});
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.azure.patches).toHaveLength(1);
    expect(bench.cluster.ledger.state.machines).toEqual({});
  });

  it('rule 11: what others took off and put back while nobody needed it stays', async () => {
    const bench = await withOnePod();
    bench.cluster.removePod('shop/p1');
    await bench.clock.advance(minute);
    bench.azure.takeByOthers(pool1, key('web'));
    await bench.clock.advance(4 * minute);
    expect(bench.cluster.ledger?.state.machines).toEqual({});
    bench.azure.putByOthers(pool1, resourceId('web'));
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.azure.patches).toHaveLength(1);
  });

  it.each([
    ['a change was throttled', { kind: 'refuse', fault: throttledFor(8 * minute) }],
    ['a right is missing', { kind: 'refuse', fault: fakeFault(403, 'AuthorizationFailed') }],
  ] as const)('rule 11: what others took off and put back while %s stays', async (_what, trouble) => {
    const bench = await withOnePod();
    bench.azure.troubles.push(...Array.from({ length: 8 }, () => trouble));
    addPod(bench, 'p2', 'api');
    await bench.clock.advance(10_000);
    bench.azure.takeByOthers(pool1, key('web'));
    await bench.clock.advance(4 * minute);
    expect(bench.states()['shop/p1-shop-web']).toBe('Created');
    expect(ownedIn(bench.cluster.ledger?.state ?? emptyLedger, pool1)).not.toContain(key('web'));
    bench.azure.putByOthers(pool1, resourceId('web'));
    bench.azure.troubles.splice(0);
    await bench.clock.advance(30 * minute);
    expect(bench.states()).toEqual({ 'shop/p1-shop-web': 'Assigned', 'shop/p2-shop-api': 'Assigned' });
    bench.cluster.removePod('shop/p1');
    bench.cluster.removePod('shop/p2');
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.azure.breaches).toEqual([]);
  });

  it('rule 11: what others put back before the change ended that podid had under way stays', async () => {
    const bench = await withOnePod();
    addPod(bench, 'p2', 'api');
    await bench.clock.advance(5_000);
    bench.azure.takeByOthers(pool1, key('web'));
    await bench.clock.advance(operationMs / 2);
    bench.azure.putByOthers(pool1, resourceId('web'));
    await bench.clock.advance(2 * operationMs);
    bench.cluster.removePod('shop/p1');
    bench.cluster.removePod('shop/p2');
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.azure.breaches).toEqual([]);
  });

  it.each([
    ['the process', (bench: MicBench) => bench.clock.advance(0)],
    ['the process, after it has lost the lead,', (bench: MicBench) => bench.leadAgain()],
  ])(
    'rule 11: what others took off and put back while the ledger could not be written stays: %s knows',
    async (_who, then) => {
      const bench = await withOnePod();
      addPod(bench, 'p2', 'api');
      await bench.clock.advance(1_000);
      bench.cluster.isAway = true;
      bench.azure.takeByOthers(pool1, key('web'));
      bench.azure.takeByOthers(pool1, key('api'));
      await bench.clock.advance(4 * minute);
      bench.azure.putByOthers(pool1, resourceId('web'));
      bench.azure.putByOthers(pool1, resourceId('api'));
      bench.cluster.isAway = false;
      await then(bench);
      await bench.clock.advance(4 * minute);
      expect(bench.cluster.ledger?.state.machines).toEqual({});
      bench.cluster.removePod('shop/p1');
      bench.cluster.removePod('shop/p2');
      await bench.clock.advance(60 * minute);
      expect(carried(bench)).toEqual([key('web'), key('api')]);
      expect(bench.azure.breaches).toEqual([]);
    },
  );

  it('rule 11: what others put there after a refused change that the ledger could not be told of stays', async () => {
    const bench = await withOnePod();
    bench.azure.troubles.push({ kind: 'refuse', fault: fakeFault(409, 'Conflict') });
    bench.azure.onPatch = () => {
      bench.cluster.isAway = true;
    };
    addPod(bench, 'p2', 'api');
    await bench.clock.advance(minute);
    bench.azure.putByOthers(pool1, resourceId('api'));
    bench.azure.onPatch = () => undefined;
    bench.cluster.isAway = false;
    await bench.clock.advance(4 * minute);
    bench.cluster.removePod('shop/p2');
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web'), key('api')]);
    expect(bench.azure.breaches).toEqual([]);
  });

  it('rule 11: what others put there again right after podid took it off stays', async () => {
    const bench = await withOnePod();
    bench.cluster.removePod('shop/p1');
    await bench.clock.advance(10 * minute + 5_000);
    expect(carried(bench)).toEqual([]);
    bench.azure.putByOthers(pool1, resourceId('web'));
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.azure.patches).toHaveLength(2);
  });

  it('writes the ledger every few seconds, not without end, while the API server is away', async () => {
    const bench = await withOnePod();
    let writes = 0;
    const { write } = bench.cluster.store;
    bench.cluster.store.write = async (...asked) => {
      writes += 1;
      // A worker that does not wait in between would never let the clock move on.
      return writes > 1_000 ? { version: 'too-many' } : write(...asked);
    };
    bench.cluster.isAway = true;
    bench.azure.takeByOthers(pool1, key('web'));
    await bench.clock.advance(13 * minute);
    expect(writes).toBeGreaterThan(100);
    expect(writes).toBeLessThan(250);
  });

  it('rule 11: what podid has put back itself is its own again', async () => {
    const bench = await withOnePod();
    bench.azure.takeByOthers(pool1, key('web'));
    await bench.clock.advance(6 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    bench.cluster.removePod('shop/p1');
    await bench.clock.advance(15 * minute);
    expect(carried(bench)).toEqual([]);
    expect(bench.azure.breaches).toEqual([]);
  });

  it('rule 10: what is needed again while its removal waits for its turn stays', async () => {
    const bench = micBench();
    furnish(bench, 'web', 'a', 'b', 'c', 'd');
    bench.cluster.putNode('v1', nodeOf(vmId('solo')));
    bench.azure.addMachine(vmId('solo'));
    addPod(bench, 'p1', 'web');
    // So that it is not most of all identities that goes.
    for (const name of ['a', 'b', 'c']) {
      addPod(bench, name, name, 'v1');
    }
    await bench.restart();
    await bench.clock.advance(2 * operationMs);
    bench.cluster.removePod('shop/p1');
    // The removal is due ten minutes later; a minute before, Azure throttles the whole subscription.
    await bench.clock.advance(9 * minute);
    const fault = { ...fakeFault(429, 'SubscriptionRequestsThrottled'), retryAfterMs: 5 * minute };
    bench.azure.troubles.push({ kind: 'refuse', fault });
    addPod(bench, 'd', 'd', 'v1');
    await bench.clock.advance(2 * minute);
    addPod(bench, 'p2', 'web');
    await bench.clock.advance(20 * minute);
    expect(bench.azure.patches.filter(({ machineId }) => machineId === pool1)).toHaveLength(1);
    expect(carried(bench)).toEqual([key('web')]);
    expect(Object.values(bench.states())).toEqual(Array.from({ length: 5 }, () => 'Assigned'));
  });

  it('rule 13: five jobs one after the other: one change', async () => {
    const bench = micBench();
    furnish(bench, 'web');
    await bench.restart();
    for (let job = 0; job < 5; job += 1) {
      addPod(bench, `job-${job}`, 'web');
      await bench.clock.advance(2 * minute);
      bench.cluster.removePod(`shop/job-${job}`);
      await bench.clock.advance(5 * minute);
    }
    expect(bench.azure.patches).toHaveLength(1);
    await bench.clock.advance(12 * minute);
    expect(carried(bench)).toEqual([]);
  });

  it('rule 13: a pod that waits for a node keeps the identity where it was', async () => {
    const bench = await withOnePod();
    bench.cluster.removePod('shop/p1');
    addPod(bench, 'p2', 'web', '');
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
    expect(bench.states()).toEqual({});
  });

  it('rule 14: what nodes that vanished left on their scale set goes', async () => {
    const bench = await withOnePod();
    bench.cluster.removePod('shop/p1');
    bench.cluster.removeNode('n1');
    await bench.clock.advance(15 * minute);
    expect(carried(bench)).toEqual([]);
    expect(bench.cluster.ledger?.state.machines).toEqual({});
  });

  it.each([
    ['lost', { kind: 'lost' }],
    ['a 500', { kind: 'denied', fault: fakeFault(500, 'InternalServerError') }],
    ['a 504', { kind: 'denied', fault: fakeFault(504, 'GatewayTimeout') }],
  ] as const)(
    'rule 14: what was put there by a change whose answer was %s goes, too',
    async (_what, trouble) => {
      const bench = micBench();
      furnish(bench, 'web');
      addPod(bench, 'p1', 'web');
      bench.azure.troubles.push(trouble);
      await bench.restart();
      await bench.clock.advance(2 * minute);
      expect(Object.values(bench.states())).toEqual(['Assigned']);
      expect(bench.azure.patches).toHaveLength(1);
      bench.cluster.removePod('shop/p1');
      await bench.clock.advance(15 * minute);
      expect(carried(bench)).toEqual([]);
      expect(bench.azure.breaches).toEqual([]);
    },
  );

  it('rule 14: a machine that is gone is dropped from the ledger', async () => {
    const bench = await withOnePod();
    bench.cluster.removePod('shop/p1');
    bench.azure.machines.delete(pool1);
    await bench.clock.advance(15 * minute);
    expect(bench.cluster.ledger?.state.machines).toEqual({});
  });

  it('rule 15: removed by AKS or by hand: Created, and put back', async () => {
    const bench = await withOnePod();
    bench.azure.takeByOthers(pool1, key('web'));
    const seen = new Set<string | undefined>();
    for (let at = 0; at < 5 * minute; at += 5_000) {
      await bench.clock.advance(5_000);
      seen.add(bench.states()['shop/p1-shop-web']);
    }
    expect([...seen]).toEqual(['Assigned', 'Created']);
    expect(bench.states()['shop/p1-shop-web']).toBe('Assigned');
    expect(carried(bench)).toEqual([key('web')]);
  });

  it('rule 16: a prune of bindings takes access away at once, and identities after two looks', async () => {
    const bench = micBench();
    const names = ['a', 'b', 'c', 'd', 'e'];
    furnish(bench, ...names);
    for (const name of names) {
      addPod(bench, `p-${name}`, name);
    }
    await bench.restart();
    await bench.clock.advance(2 * operationMs);
    for (const name of names) {
      bench.cluster.removeBinding(`shop/${name}-binding`);
    }
    await bench.clock.advance(1_000);
    expect(bench.states()).toEqual({});
    await bench.clock.advance(14 * minute);
    expect(carried(bench)).toHaveLength(5);
    await bench.clock.advance(3 * minute);
    expect(carried(bench)).toEqual([]);
  });

  it('rule 26: a missing right is asked about ever more seldom, and told', async () => {
    const bench = micBench();
    furnish(bench, 'web');
    addPod(bench, 'p1', 'web');
    const fault = fakeFault(
      403,
      'AuthorizationFailed',
      'does not have authorization to perform virtualMachineScaleSets/write',
    );
    bench.azure.troubles.push(...Array.from({ length: 50 }, () => ({ kind: 'refuse', fault }) as const));
    await bench.restart();
    await bench.clock.advance(60 * minute);
    expect(bench.azure.patches.length).toBeLessThanOrEqual(7);
    const told = bench.cluster.events.filter(({ about }) => about.kind === 'Pod');
    expect(told).toHaveLength(1);
    expect(told[0]?.message).toContain('virtualMachineScaleSets/write');
  });
});

describe('a controller that is killed', () => {
  it.each([600, 1_000, 20_000, operationMs + 1_000])(
    '%d ms after the start: the next one ends what it began',
    async (ms) => {
      const bench = micBench();
      furnish(bench, 'web');
      addPod(bench, 'p1', 'web');
      await bench.restart();
      await bench.clock.advance(ms);
      await bench.restart();
      await bench.clock.advance(1_000);
      const isRunning = (bench.azure.machines.get(pool1)?.busyUntilMs ?? 0) > bench.clock.monotonic();
      if (isRunning) {
        // (b) the model shows the identity, and the operation runs still.
        expect(bench.states()).toEqual({ 'shop/p1-shop-web': 'Created' });
      }
      await bench.clock.advance(3 * operationMs);
      expect(bench.states()).toEqual({ 'shop/p1-shop-web': 'Assigned' });
      bench.cluster.removePod('shop/p1');
      await bench.clock.advance(15 * minute);
      expect(carried(bench)).toEqual([]);
      expect(bench.azure.breaches).toEqual([]);
    },
  );

  it('and whose ledger was deleted leaves everything where it is', async () => {
    const bench = await withOnePod();
    await bench.stop();
    bench.cluster.ledger = undefined;
    bench.cluster.removePod('shop/p1');
    await bench.restart();
    await bench.clock.advance(60 * minute);
    expect(carried(bench)).toEqual([key('web')]);
  });
});
