import { describe, expect, it } from 'vitest';
import { node, seedShop, startWorld, until } from './agent-world.ts';

const key = 'startup-taint.cluster-autoscaler.kubernetes.io/podid-agent-not-ready';
const own = { key, effect: 'NoSchedule' };
const others = [
  { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
  { key: 'sku', value: 'gpu', effect: 'NoExecute' },
];

const nodeWith = (name: string, taints: readonly object[]) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { pool: 'a' } },
  spec: { taints, providerID: `azure:///${name}` },
});

describe('the taint that keeps pods from a node without an agent', () => {
  it('goes once the agent is ready, and nothing else of the node or of another', async () => {
    await using world = await startWorld({
      flags: [`--remove-startup-taint=${key}`],
      before(kube) {
        seedShop(kube);
        kube.store.seed(
          nodeWith(node, [others[0] ?? {}, own, { ...own, effect: 'NoExecute' }, others[1] ?? {}]),
        );
        kube.store.seed(nodeWith('node-2', [own]));
      },
    });
    await until(() => world.log.find(({ msg }) => msg === 'the node takes pods'));
    const nodes = world.kube.store.list('nodes');
    expect(nodes).toMatchObject([
      {
        metadata: { name: node, labels: { pool: 'a' } },
        spec: { taints: others, providerID: `azure:///${node}` },
      },
      { metadata: { name: 'node-2' }, spec: { taints: [own] } },
    ]);
  });

  it('stays for as long as the agent is not ready', async () => {
    await using world = await startWorld({
      flags: [`--remove-startup-taint=${key}`, '--redirected-by-others=false', '--heartbeat-file=HEARTBEAT'],
      waitForReady: false,
      before: (kube) => void kube.store.seed(nodeWith(node, [own])),
    });
    await until(async () => ((await world.probe('/healthz')).status === 200 ? true : undefined));
    expect((await world.probe('/readyz')).status).toBe(503);
    await until(() => world.log.filter(({ msg }) => msg === 'listening').length >= 3 || undefined);
    expect(world.kube.store.list('nodes')).toMatchObject([{ spec: { taints: [own] } }]);
    expect(world.log.map(({ msg }) => msg)).not.toContain('the node takes pods');
  });
});
