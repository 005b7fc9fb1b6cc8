import { describe, expect, it } from 'vitest';
import { bindingTo, identity, keyOf, micPod, nodeOf, resourceId, scaleSetId } from './decide/mic-objects.ts';
import { furnish, type MicBench, micBench, minute } from './mic-bench.ts';

/** Forty pods of one namespace, each with a hundred identities, on a machine of their own. */
function flood({ azure, cluster }: MicBench): void {
  azure.addMachine(scaleSetId('pool2'));
  cluster.putNode('n2', nodeOf(`${scaleSetId('pool2')}/virtualMachines/0`));
  for (let each = 0; each < 100; each += 1) {
    cluster.putIdentity(identity(`flood-${each}`, { namespace: 'flood' }));
    cluster.putBinding(bindingTo(`flood-${each}`, 'all', 'flood'));
  }
  for (let each = 0; each < 40; each += 1) {
    const name = `f${each}`;
    cluster.putPod(micPod({ namespace: 'flood', name, label: 'all', nodeName: 'n2', uid: name }));
  }
}

describe('a namespace with forty pods of a hundred identities each', () => {
  it('waits for them itself: a neighbour’s assignment is written within a second', async () => {
    const bench = micBench();
    furnish(bench, 'web');
    flood(bench);
    await bench.restart();
    await bench.clock.advance(5_000);
    bench.cluster.putPod(micPod({ uid: 'late' }));
    await bench.clock.advance(1_000);
    expect(Object.keys(bench.states())).toContain('shop/p1-shop-web');
    expect(bench.cluster.writes).toBeLessThan(1_000);
    await bench.stop();
  });
});

describe('a namespace with forty identities that Azure refuses', () => {
  /** One pod beside the neighbour's, on the same machine. */
  function refuseAll(bench: MicBench): void {
    for (let each = 0; each < 40; each += 1) {
      const name = `bad-${each}`;
      bench.cluster.putIdentity(identity(name, { namespace: 'flood' }));
      bench.cluster.putBinding(bindingTo(name, 'all', 'flood'));
      bench.azure.bad.add(keyOf(resourceId(name)));
    }
    bench.azure.namesBad = false;
    bench.cluster.putPod(micPod({ namespace: 'flood', name: 'f', label: 'all', uid: 'f' }));
  }

  it('holds up no neighbour on the same machine, with it or after it, where Azure names none', async () => {
    const bench = micBench();
    furnish(bench, 'web', 'api');
    refuseAll(bench);
    bench.cluster.putPod(micPod());
    await bench.restart();
    await bench.clock.advance(2 * minute);
    expect(bench.states()['shop/p1-shop-web']).toBe('Assigned');

    bench.cluster.putPod(micPod({ name: 'p2', label: 'api', uid: 'late' }));
    await bench.clock.advance(2 * minute);
    expect(bench.states()['shop/p2-shop-api']).toBe('Assigned');
    await bench.stop();
  });
});

it('an AzureIdentity that changes without end, and is refused each time, is tried once a minute', async () => {
  const bench = micBench();
  furnish(bench, 'web');
  bench.azure.bad.add(keyOf(resourceId('web')));
  bench.cluster.putPod(micPod());
  await bench.restart();
  for (let second = 0; second < 600; second += 1) {
    bench.cluster.putIdentity(identity('web', { spec: { clientID: `client-${second}` } }));
    await bench.clock.advance(1_000);
  }
  expect(bench.azure.patches.length).toBeGreaterThan(5);
  expect(bench.azure.patches.length).toBeLessThan(15);
  await bench.stop();
});
