import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../src/domain/kubernetes/pod.ts';
import { createApiConnection } from '../../src/k8s/client/api-connection.ts';
import { createCappedTarget } from '../../src/k8s/client/capped-target.ts';
import { watchNodePods } from '../../src/nmi/cluster/node-watches.ts';
import { podsAsNode } from '../../src/nmi/cluster/pods-as-node.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { until } from './until.ts';
import { agentRole, type WorkloadWorld, workloadWorld } from './workload-world.ts';

/*
 * The pods that an agent sees with subject workload, by the rights of the chart on a real API server: as its own node, and
 * what somebody sees who holds its token.
 */

const ofN1 = 'spec.nodeName=n1';
const ofN2 = 'spec.nodeName=n2';

describe('an agent on Kubernetes 1.36 that acts as its own node', () => {
  let world: WorkloadWorld;
  beforeAll(async () => {
    world = await workloadWorld('kube-apiserver', 'node');
    world.apply(...agentRole(true, { ownNodeOnly: true }));
    await until(async () => (await world.listPods({})).status === 403);
  }, 180_000);
  afterAll(() => world?.stop());

  it('is shown its own node’s pods of all namespaces', async () => {
    expect(await world.listPods({ fieldSelector: ofN1, asUser: 'system:node:n1' })).toEqual({
      status: 200,
      names: ['agent-n1', 'batch-n1', 'web-n1', 'web-n1'],
    });
  });

  it.each([
    ['those of another node, as its own', { fieldSelector: ofN2, asUser: 'system:node:n1' }],
    ['those of another node, as that node', { fieldSelector: ofN2, asUser: 'system:node:n2' }],
    ['all of them, as its own node', { asUser: 'system:node:n1' }],
    ['those of all nodes but its own', { fieldSelector: 'spec.nodeName!=n1', asUser: 'system:node:n1' }],
    ['its own node’s, by its account', { fieldSelector: ofN1 }],
    ['all of them, by its account', {}],
    ['all of them, as an administrator', { asUser: 'admin' }],
  ])('is not shown %s', async (_what, asked) => {
    expect(await world.listPods(asked)).toEqual({ status: 403, names: [] });
  });

  function watched() {
    const clock = systemClock();
    const connection = createApiConnection({
      endpoint: {
        server: world.api.url,
        tls: { rejectUnauthorized: false },
        token: () => Promise.resolve(world.tokens.get('n1')),
      },
      userAgent: 'podid-nmi/test',
      timeoutMs: 10_000,
      clock,
    });
    const asked = podsAsNode(connection, 'n1');
    const seen = new Map<string, Pod>();
    const key = ({ namespace, name }: Pod) => `${namespace}/${name}`;
    const target = createCappedTarget<Pod>({
      kind: 'pods',
      into: {
        replace(items) {
          seen.clear();
          items.forEach((item) => void seen.set(key(item), item));
        },
        upsert: (item) => void seen.set(key(item), item),
        remove: (item) => void seen.delete(key(item)),
      },
      nameOf: (pod) => pod,
      sizeOf: () => 1,
      clock,
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined } as never,
    });
    const watch = watchNodePods('n1', target, { connection: asked, clock, onTrouble: () => undefined });
    const ended = new AbortController();
    const running = watch.run(ended.signal);
    return {
      asked,
      seen,
      async end() {
        ended.abort();
        connection.close();
        await running;
      },
    };
  }

  const pod = (name: string, nodeName: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name },
    spec: {
      serviceAccountName: 'web',
      nodeName,
      containers: [{ name: 'main', image: 'registry.invalid/nothing' }],
    },
  });

  it('sees a pod of its node come and go by its own code, and none of another', async () => {
    const { asked, seen, end } = watched();
    await until(async () => seen.size === 4);
    expect(asked.asNode).toBe(true);
    world.apply(pod('late-n2', 'n2'), pod('late-n1', 'n1'));
    await until(async () => seen.has('shop/late-n1'));
    expect(seen.has('shop/late-n2')).toBe(false);
    world.api.kubectl('delete', 'pod', '-n', 'shop', 'late-n1', 'late-n2', '--force', '--grace-period=0');
    await until(async () => !seen.has('shop/late-n1'));
    await end();
  });

  it('goes on by its account where the way as its node is taken from it, and back', async () => {
    const { asked, seen, end } = watched();
    await until(async () => seen.size === 4);
    world.apply(...agentRole(false, { ownNodeOnly: false }));
    await until(async () => asked.asNode === false);
    world.apply(pod('after-n1', 'n1'));
    await until(async () => seen.has('shop/after-n1'));
    world.apply(...agentRole(true, { ownNodeOnly: true }));
    await until(async () => asked.asNode === true);
    world.api.kubectl('delete', 'pod', '-n', 'shop', 'after-n1', '--force', '--grace-period=0');
    await until(async () => !seen.has('shop/after-n1'));
    await end();
  }, 120_000);
});
