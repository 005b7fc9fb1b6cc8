import { describe, expect, it } from 'vitest';
import type { StartedKube } from '../../src/emulator/kube/start-kube.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import {
  type AgentWorld,
  azureIdentity,
  binding,
  identityOf,
  seedShop,
  startWorld,
  tokenTarget,
  until,
} from './agent-world.ts';
import { type HoldOptions, heldNow, holdObject, sorted, takeKindsAway } from './hold-object.ts';

const flags = ['--takeover-namespace=kube-system'];

/** The shop, with a hold of it. */
function heldShop(options: HoldOptions = {}): (kube: StartedKube) => void {
  return (kube) => {
    seedShop(kube);
    kube.store.seed(holdObject(kube, options));
  };
}

async function holdOf(world: AgentWorld): Promise<string> {
  const [, state = 'none'] = /^podid_nmi_takeover_hold\{state="(\w+)"/m.exec(await world.metrics()) ?? [];
  return state;
}

const untilHold = (world: AgentWorld, state: string) =>
  until(async () => ((await holdOf(world)) === state ? true : undefined));

/** Asks all the while, and says how often no token came. */
function askAllTheWhile(world: AgentWorld) {
  const stop = new AbortController();
  const asked = { answered: 0, failed: 0 };
  const asking = (async () => {
    while (!stop.signal.aborted) {
      const { status } = await world.ask();
      asked[status === 200 ? 'answered' : 'failed'] += 1;
    }
  })();
  return {
    async end() {
      stop.abort();
      await asking;
      return asked;
    },
  };
}

describe('the hold of a takeover', () => {
  it('serves on when the kinds go with all their objects, until they are back, without a failed request', async () => {
    await using world = await startWorld({ flags, before: heldShop() });
    await untilHold(world, 'holding');
    const objects = [
      ...world.kube.store.list('AzureIdentity'),
      ...world.kube.store.list('AzureIdentityBinding'),
    ];
    const asking = askAllTheWhile(world);
    const definitions = takeKindsAway(world.kube);
    await untilHold(world, 'serving');
    expect((await world.ask()).json).toMatchObject({ client_id: identityOf('web').clientId });
    expect((await world.probe('/readyz')).status).toBe(200);
    // An unbound pod gets no more than before.
    expect((await world.ask({ from: '127.0.0.8' })).status).toBe(400);
    for (const definition of definitions) {
      world.kube.store.seed(definition as never);
    }
    await until(() => (world.kube.store.count('list', 'azureidentities') > 1 ? true : undefined));
    expect(await holdOf(world)).toBe('serving');
    for (const object of objects) {
      world.kube.store.seed(object);
    }
    await untilHold(world, 'holding');
    const { answered, failed } = await asking.end();
    expect(failed).toBe(0);
    expect(answered).toBeGreaterThan(0);
  });

  it('serves from the ConfigMap where the agent starts while the kinds are gone', async () => {
    await using world = await startWorld({
      flags,
      before: (kube) => {
        heldShop()(kube);
        takeKindsAway(kube);
      },
    });
    expect((await world.ask()).json).toMatchObject({ client_id: identityOf('web').clientId });
    expect(await holdOf(world)).toBe('serving');
  });

  it('lets a single deletion count within a second, while the kind is there, and for good', async () => {
    await using world = await startWorld({ flags, before: heldShop() });
    await untilHold(world, 'holding');
    const began = performance.now();
    world.kube.store.remove('AzureIdentityBinding', 'shop', 'web-binding');
    await until(async () => ((await world.ask()).status === 400 ? true : undefined));
    expect(performance.now() - began).toBeLessThan(1_500);
    await untilHold(world, 'differs');
    takeKindsAway(world.kube);
    await untilHold(world, 'serving');
    expect((await world.ask()).status).toBe(400);
  });

  it('serves neither form of an object that was changed since', async () => {
    await using world = await startWorld({ flags, before: heldShop() });
    await untilHold(world, 'holding');
    world.kube.store.seed(binding('web', 'narrower'));
    await untilHold(world, 'differs');
    takeKindsAway(world.kube);
    await untilHold(world, 'serving');
    expect((await world.ask()).status).toBe(400);
  });

  it('gives nothing that was not there when it began', async () => {
    await using world = await startWorld({
      flags,
      before: (kube) => {
        seedShop(kube);
        const more = heldNow(kube);
        const bindings = [
          ...(more['bindings'] ?? []),
          { metadata: { name: 'x', namespace: 'shop' }, spec: { azureIdentity: 'api', selector: 'web' } },
        ];
        const { metadata, spec } = azureIdentity('api');
        const identities = [{ metadata, spec }, ...(more['identities'] ?? [])];
        kube.store.seed(holdObject(kube, { resources: { ...more, bindings, identities } }));
      },
    });
    await untilHold(world, 'differs');
    takeKindsAway(world.kube);
    await untilHold(world, 'serving');
    const target = `${tokenTarget}&client_id=${identityOf('api').clientId}`;
    expect((await world.ask({ target })).status).toBe(400);
    expect((await world.ask()).status).toBe(200);
  });

  it('ends when the ConfigMap is deleted, also while nobody defines the kinds', async () => {
    await using world = await startWorld({ flags, before: heldShop() });
    await untilHold(world, 'holding');
    takeKindsAway(world.kube);
    await untilHold(world, 'serving');
    world.kube.store.remove('ConfigMap', 'kube-system', 'podid-takeover');
    await untilHold(world, 'none');
    expect((await world.ask()).status).toBe(400);
  });

  it('ends when its time is over, whether the API server answers or not', async () => {
    let aheadMs = 0;
    const real = systemClock();
    const clock = {
      ...real,
      now: () => real.now() + aheadMs,
      monotonic: real.monotonic,
      sleep: real.sleep,
      random: real.random,
    };
    await using world = await startWorld({ flags, clock, before: heldShop() });
    await untilHold(world, 'holding');
    takeKindsAway(world.kube);
    await untilHold(world, 'serving');
    await world.kube.refuse();
    aheadMs = 3_700_000;
    await untilHold(world, 'none');
    await world.kube.accept();
  });

  it('stays while the API server is away', async () => {
    await using world = await startWorld({ flags, before: heldShop() });
    await untilHold(world, 'holding');
    takeKindsAway(world.kube);
    await untilHold(world, 'serving');
    await world.kube.refuse();
    expect((await world.ask()).status).toBe(200);
    expect(await holdOf(world)).toBe('serving');
    await world.kube.accept();
  });

  it('is not looked for without a namespace, nor in another one', async () => {
    await using world = await startWorld({ before: heldShop() });
    expect(await holdOf(world)).toBe('none');
    expect(world.kube.store.count('get', 'configmaps')).toBe(0);
    await using other = await startWorld({ flags, before: heldShop({ namespace: 'shop' }) });
    await until(() => (other.kube.store.count('get', 'configmaps') > 0 ? true : undefined));
    expect(await holdOf(other)).toBe('none');
  });
});

describe('a ConfigMap that a tenant or a backup wrote', () => {
  const web = {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { azureIdentity: 'web', selector: 'web' },
  };
  it.each<[string, HoldOptions]>([
    ['of another object', { head: { object: 'a0000000-0000-4000-8000-000000000001' } }],
    ['of no cluster', { head: { cluster: '' } }],
    ['of another version', { head: { version: 2 } }],
    ['for three hours', { untilMs: 3 * 3_600_000 }],
    ['of yesterday', { fromMs: -86_400_000, untilMs: -86_000_000 }],
    ['of tomorrow', { fromMs: 86_400_000, untilMs: 86_500_000 }],
    ['without an end', { head: { until: 'never' } }],
    ['with another hash', { head: { sha256: '0'.repeat(64) } }],
    ['with objects that are no JSON', { text: '{' }],
    ['with a member more', { text: sorted({ bindings: [], exceptions: [], identities: [], more: [] }) }],
    [
      'with an object more of no kind',
      { text: sorted({ bindings: [web, 1], exceptions: [], identities: [] }) },
    ],
    ['with one object twice', { text: sorted({ bindings: [web, web], exceptions: [], identities: [] }) }],
    [
      'with a name that no object has',
      {
        text: sorted({
          bindings: [{ ...web, metadata: { name: '../x', namespace: 'shop' } }],
          exceptions: [],
          identities: [],
        }),
      },
    ],
    [
      'with an object beyond the limits',
      {
        text: sorted({
          bindings: [{ ...web, spec: { azureIdentity: 'web', selector: 'x'.repeat(20_000) } }],
          exceptions: [],
          identities: [],
        }),
      },
    ],
  ])('%s gives nobody anything', async (_, options) => {
    await using world = await startWorld({
      flags,
      waitForReady: false,
      before: (kube) => {
        heldShop(options)(kube);
        takeKindsAway(kube);
      },
    });
    await untilHold(world, 'refused');
    expect((await world.probe('/readyz')).status).not.toBe(200);
    const refusals = world.log.filter(({ msg }) => msg === 'the hold of a takeover is refused');
    expect(refusals).toHaveLength(1);
  });
});
