import { describe, expect, it } from 'vitest';
import type { StartedKube } from '../../src/emulator/kube/start-kube.ts';
import { type AgentWorld, pod, seedShop, startWorld, until } from './agent-world.ts';

const flags = ['--event-namespaces=shop'];
const eventsOf = ({ kube }: AgentWorld, namespace = 'shop') =>
  kube.store.list('Event', namespace) as unknown as readonly {
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly involvedObject: { readonly name: string; readonly uid: string };
  }[];
const written = (metrics: string, outcome: string) =>
  Number(new RegExp(`^podid_nmi_events_total{outcome="${outcome}"} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);

describe('an agent with --event-namespaces', () => {
  it('tells in an Event of the pod why it was refused, once, and holds no token and no secret', async () => {
    await using world = await startWorld({ before: seedShop, flags });
    const token = String((await world.ask()).json['access_token']);
    for (let ask = 0; ask < 20; ask += 1) {
      expect((await world.ask({ from: '127.0.0.8' })).status).toBe(400);
    }
    const [event] = await until(() => (eventsOf(world).length > 0 ? eventsOf(world) : undefined));
    expect(event).toMatchObject({
      type: 'Warning',
      reason: 'TokenRefused',
      involvedObject: { name: 'plain' },
      message: expect.stringMatching(
        /^no-label: Identity not found\. Pod shop\/plain has no label aadpodidbinding\. Bind an identity \(podid add .* More: podid doctor --namespace shop --pod plain\.$/,
      ),
    });
    expect(JSON.stringify(eventsOf(world))).not.toContain(token);
    expect(eventsOf(world)).toHaveLength(1);
    expect(written(await world.metrics(), 'written')).toBe(1);
  });

  it('says nothing of pods of other namespaces', async () => {
    const before = ({ store }: StartedKube) => {
      store.seed(pod({ name: 'there', namespace: 'other', ip: '127.0.0.9' }));
      store.seed(pod({ name: 'plain', ip: '127.0.0.8' }));
    };
    await using world = await startWorld({ before, flags });
    await world.ask({ from: '127.0.0.9' });
    await world.ask({ from: '127.0.0.8' });
    await until(() => (eventsOf(world).length > 0 ? true : undefined));
    expect(eventsOf(world, 'other')).toEqual([]);
  });

  it('says nothing of what a process of the node asks for a pod: it may be a hook of a stranger', async () => {
    await using world = await startWorld({ before: seedShop, flags });
    const headers = { Connection: 'keep-alive', podns: 'shop', podname: 'plain' };
    const asked = await world.ask({
      from: '127.0.0.1',
      target: '/host/token/?resource=https://vault.azure.net',
      headers,
    });
    expect(asked.status).toBe(404);
    await world.end();
    expect(eventsOf(world)).toEqual([]);
  });

  it('goes on serving where it may not write them, and says so once in log and metrics', async () => {
    await using world = await startWorld({
      before: (kube) => {
        seedShop(kube);
        kube.store.faults.deny = [{ verb: 'create', resource: 'events' }];
      },
      flags,
    });
    await world.ask({ from: '127.0.0.8' });
    await until(async () => (written(await world.metrics(), 'refused') === 1 ? true : undefined));
    for (let ask = 0; ask < 20; ask += 1) {
      await world.ask({ from: '127.0.0.8' });
    }
    expect((await world.ask()).status).toBe(200);
    const told = world.log.filter(({ msg }) => msg === 'Events of pods cannot be written');
    expect(told).toMatchObject([
      { level: 'warn', namespace: 'shop', error: expect.stringMatching(/403.*events/) },
    ]);
    expect(written(await world.metrics(), 'refused')).toBe(1);
  });

  it('writes none without the flag', async () => {
    await using world = await startWorld({ before: seedShop });
    expect((await world.ask({ from: '127.0.0.8' })).status).toBe(400);
    await world.end();
    expect(eventsOf(world)).toEqual([]);
  });
});
