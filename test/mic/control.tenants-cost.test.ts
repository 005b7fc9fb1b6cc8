import { describe, expect, it } from 'vitest';
import { bindingTo, identity, micPod, nodeOf, scaleSetId } from './decide/mic-objects.ts';
import { furnish, type MicBench, micBench } from './mic-bench.ts';

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
