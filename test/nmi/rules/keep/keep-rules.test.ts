import { describe, expect, it } from 'vitest';
import { type Heartbeat, HeartbeatUnwritten } from '../../../../src/nmi/rules/heartbeat.ts';
import { type KeepRulesPorts, keepRules } from '../../../../src/nmi/rules/keep/keep-rules.ts';
import type { RedirectRules } from '../../../../src/nmi/rules/redirect-rules.ts';

/** What the server is left to start in. */
const serverFirstMs = 500;
const target = { address: '127.0.0.1', port: 2579 };

describe('the keeper of the rules', () => {
  it('installs them first, and reports what is true', async () => {
    const node = nodeWith({ intact: false });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.installs).toBe(1);
    expect(node.heartbeats[0]).toMatchObject({
      rules: { intact: true, backend: 'nft', putBack: 0 },
      listenOn: ['127.0.0.1'],
      addresses: { '10.244.0.10': 'uid-1' },
      writtenAtMs: 1000,
      writtenAtUptimeMs: 7,
    });
  });

  it('says that they stand before it has looked at the node, which is not ready till then', async () => {
    const node = nodeWith({ intact: false });
    await node.keepUntil((heartbeats) => {
      if (heartbeats.length === 1) {
        node.touch();
      }
      return heartbeats.length === 2;
    });
    expect(node.early).toHaveLength(1);
    expect(node.early[0]).toMatchObject({
      rules: { intact: true },
      listenOn: ['127.0.0.1'],
      problems: [{ blocking: true }],
    });
  });

  it('looks at the node only after connections elsewhere are cut, since the first pods are answered meanwhile', async () => {
    const node = nodeWith({ intact: false });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.forgetsAtLooks).toEqual([1]);
  });

  it('looks at nothing a second time before the server can start, and at all of it right after', async () => {
    const node = nodeWith({ intact: false, table: '' });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.order).toEqual(['guard', 'verify', 'redirect with ', 'guard', 'verify']);
    expect(node.early).toHaveLength(1);
    expect(node).toMatchObject({ forgetsAtLooks: [1], readBacks: 1, news: 1 });
    expect(node.heartbeats[0]?.rules).toMatchObject({ intact: true, putBack: 0 });
  });

  it('cuts connections elsewhere and looks at the node only once the server had its time to start', async () => {
    const node = nodeWith({ intact: false, table: '' });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.waits.find(({ ms }) => ms === serverFirstMs)).toEqual({
      ms: serverFirstMs,
      reads: 1,
      forgets: 0,
    });
    expect(node).toMatchObject({ forgets: 1, forgetsAtLooks: [1] });
  });

  it('does so at once where a pod comes or goes meanwhile', async () => {
    const node = nodeWith({ intact: false, table: '' });
    node.onEarly = () => node.record({ addresses: {}, stamp: '1 3' });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.waits.map(({ ms }) => ms)).not.toContain(serverFirstMs);
    expect(node).toMatchObject({ forgets: 1, forgetsAtLooks: [1] });
  });

  it('puts them back as soon as somebody touches them', async () => {
    const node = nodeWith({ intact: false });
    await node.keepUntil((heartbeats) => {
      if (heartbeats.length === 1) {
        node.touch();
      }
      return heartbeats.length === 2;
    });
    expect(node.installs).toBe(2);
    expect(node.heartbeats[1]?.rules.putBack).toBe(1);
    expect(node.messages).toContain('the redirect rules were changed by someone else and are restored');
  });

  it('finds at the next interval what nobody reported', async () => {
    const node = nodeWith({ intact: false });
    await node.keepUntil((heartbeats) => {
      node.breakSilently(heartbeats.length === 1);
      return heartbeats.length === 2;
    });
    expect(node.installs).toBe(2);
  });

  it('says when all was read back, and not when a part was', async () => {
    const node = nodeWith({ intact: true, followed: true });
    await node.keepUntil((heartbeats) => heartbeats.length === 14);
    const count = (which: string) => node.order.filter((step) => step === which).length;
    expect(node.readBacks).toBe(count('verify'));
    expect(count('unreported')).toBeGreaterThan(0);
  });

  it('says that a check of all may have found something new where one was reported or put back, and only there', async () => {
    const quiet = nodeWith({ intact: true });
    await quiet.keepUntil((heartbeats) => heartbeats.length === 5);
    // The second reading is of the time before changes were reported.
    expect(quiet).toMatchObject({ readBacks: 5, news: 2 });
    const silent = nodeWith({ intact: true });
    await silent.keepUntil((heartbeats) => {
      silent.breakSilently(heartbeats.length === 3);
      return heartbeats.length === 5;
    });
    expect(silent).toMatchObject({ installs: 1, readBacks: 5, news: 3 });
    const touched = nodeWith({ intact: true });
    await touched.keepUntil((heartbeats) => {
      if (heartbeats.length === 3) {
        touched.touch();
      }
      return heartbeats.length === 5;
    });
    expect(touched.news).toBe(3);
  });

  it('writes nothing into the kernel while the rules stand', async () => {
    const node = nodeWith({ intact: true });
    await node.keepUntil((heartbeats) => heartbeats.length === 3);
    expect(node.installs).toBe(0);
  });

  it('reads back what nobody reports at each interval, and all of it at each sixth, while changes are reported', async () => {
    const node = nodeWith({ intact: true, followed: true });
    await node.keepUntil((heartbeats) => heartbeats.length === 14);
    const count = (which: string) => node.order.filter((step) => step === which).length;
    expect(count('unreported')).toBeGreaterThan(count('verify'));
    expect(count('verify')).toBeGreaterThan(1);
    expect(node.heartbeats.map(({ rules }) => rules.intact)).toEqual(Array(14).fill(true));
  });

  it('reads back all as soon as something is reported, also between two such intervals', async () => {
    const node = nodeWith({ intact: true, followed: true });
    await node.keepUntil((heartbeats) => {
      if (heartbeats.length === 2) {
        node.touch();
      }
      return heartbeats.length === 3;
    });
    expect(node.installs).toBe(1);
  });

  it('puts back at the next interval what nobody reports', async () => {
    const node = nodeWith({ intact: true, followed: true });
    await node.keepUntil((heartbeats) => {
      if (heartbeats.length === 2) {
        node.breakRoutes();
      }
      return heartbeats.length === 3;
    });
    expect(node.installs).toBe(1);
  });

  it('goes on after a failure, and says no heartbeat it cannot vouch for', async () => {
    const node = nodeWith({ intact: false, failures: 2 });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.messages.filter((text) => text === 'the redirect rules could not be kept')).toHaveLength(2);
    expect(node.heartbeats).toHaveLength(1);
  });

  it('says once that the heartbeat cannot be written, and where, since the rules are kept all the same', async () => {
    const node = nodeWith({ intact: false, fullFolder: 5 });
    await node.keepUntil((heartbeats) => heartbeats.length === 2);
    expect(node.messages).not.toContain('the redirect rules could not be kept');
    expect(node.messages.filter((text) => /heartbeat/.test(text))).toEqual([
      'the heartbeat could not be written: the server does not hear how the rules are',
      'the heartbeat is written again',
    ]);
    expect(node.facts).toContainEqual({
      error: 'Error: ENOSPC: no space left on device, write',
      folder: '/run/podid',
    });
  });
});

describe('the address guard', () => {
  it('stands before the redirect does, and is reported', async () => {
    const node = nodeWith({ intact: false });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.order.filter((step) => step !== 'verify')).toEqual([
      'guard',
      'redirect with the whole table',
      'guard',
    ]);
    expect(node.heartbeats[0]?.guard).toMatchObject({ active: true, pods: 1 });
  });

  it('costs nobody the redirect when the kernel refuses it', async () => {
    const node = nodeWith({ intact: false, guardFails: true });
    await node.keepUntil((heartbeats) => heartbeats.length === 1);
    expect(node.heartbeats[0]).toMatchObject({
      rules: { intact: true },
      guard: { active: false, why: expect.stringContaining('no bridge family') },
    });
  });
});

describe('an address guard that could not be written', () => {
  it('is tried again at each interval, also while the kernel reports each change of the tables', async () => {
    const node = nodeWith({ intact: true, followed: true, guardFails: true });
    await node.keepUntil((heartbeats) => heartbeats.length === 4);
    expect(node.order.filter((step) => step === 'guard')).toHaveLength(4);
  });
});

describe('the addresses of the pods', () => {
  it('are reported before the guard lets a new pod through', async () => {
    const node = nodeWith({ intact: true });
    await node.keepUntil((heartbeats) => {
      if (heartbeats.length === 1) {
        node.order.length = 0;
        node.record({ addresses: { '10.244.0.10': 'uid-2' }, stamp: '1 3' });
      }
      node.order.push(`heartbeat of ${heartbeats.at(-1)?.addresses['10.244.0.10']}`);
      return heartbeats.length === 3;
    });
    expect(node.order.filter((step) => step !== 'verify')).toEqual([
      'heartbeat of uid-1',
      'heartbeat of uid-2',
      'guard',
      'heartbeat of uid-2',
    ]);
  });

  it('are reported while the rules are still being kept, as old as those', async () => {
    const node = nodeWith({ intact: true });
    await node.keepUntil((heartbeats) => {
      if (heartbeats.length === 1) {
        node.hangRules();
        node.moveTo(99);
        node.record({ addresses: {}, stamp: '' });
      }
      return heartbeats.length === 2;
    });
    expect(node.heartbeats[1]).toMatchObject({
      addresses: {},
      records: { keepsRecords: true, stamp: '' },
      writtenAtUptimeMs: 7,
    });
  });
});

interface Start {
  readonly intact: boolean;
  readonly failures?: number;
  /** So many heartbeats cannot be written. */
  readonly fullFolder?: number;
  readonly guardFails?: boolean;
  /** The kernel reports what becomes of the tables. */
  readonly followed?: boolean;
  /** Of the guard; empty where there is none to keep. */
  readonly table?: string;
}

function nodeWith(start: Start) {
  const leaving = new AbortController();
  let {
    intact,
    failures = 0,
    fullFolder = 0,
    guardFails = false,
    followed = false,
    table = 'the whole table',
  } = start;
  let unreportedIntact = true;
  let sleptMs = 0;
  let onChange: () => void = () => undefined;
  let onRecord: () => void = () => undefined;
  let hanging: Promise<void> | undefined;
  let uptimeMs = 7;
  let recorded: { addresses: Record<string, string>; stamp: string } = {
    addresses: { '10.244.0.10': 'uid-1' },
    stamp: '1 2',
  };
  const seen = {
    installs: 0,
    readBacks: 0,
    news: 0,
    forgets: 0,
    /** How long, and how often the tables had been read and connections been cut by then. */
    waits: [] as { readonly ms: number; readonly reads: number; readonly forgets: number }[],
    /** Called when the rules stand and the rest is to come. */
    onEarly: () => {},
    /** How often connections elsewhere had been cut, each time the node was looked at. */
    forgetsAtLooks: [] as number[],
    order: [] as string[],
    heartbeats: [] as Heartbeat[],
    /** Published before the node was looked at. */
    early: [] as Heartbeat[],
    messages: [] as string[],
    facts: [] as object[],
  };
  let enough: (heartbeats: readonly Heartbeat[]) => boolean = () => true;
  const rules: RedirectRules = {
    async verify() {
      seen.order.push('verify');
      await hanging;
      return { intact, target, packets: {} };
    },
    async install(alongside = '') {
      if (failures > 0) {
        failures -= 1;
        throw new Error('nft refused');
      }
      seen.installs += 1;
      seen.order.push(`redirect with ${alongside}`);
      intact = true;
      return { intact, target, packets: {} };
    },
    async forgetOthers() {
      seen.forgets += 1;
      return 0;
    },
    verifyUnreported: async () => {
      seen.order.push('unreported');
      return unreportedIntact;
    },
    isFollowed: followed,
    follow: (_signal, call) => {
      onChange = call;
    },
    remove: async () => undefined,
  };
  const say = (facts: object, message: string) => {
    seen.facts.push(facts);
    seen.messages.push(message);
  };
  const ports: KeepRulesPorts = {
    rules,
    addresses: {
      read: async () => ({
        ...recorded,
        hostPortPods: () => [],
        results: [],
        recorded: true,
        keepsRecords: true,
        sources: {},
      }),
      follow: (_signal, call) => {
        const before = onRecord;
        onRecord = () => {
          before();
          call();
        };
      },
    },
    guard: {
      async keep() {
        seen.order.push('guard');
        if (guardFails) {
          throw new Error('no bridge family');
        }
        return { active: true, pods: 1, unknown: 0, putBack: 0, packets: {} };
      },
      wholeTable: () => table,
      remove: async () => true,
      follow: () => undefined,
    },
    async diagnose() {
      seen.forgetsAtLooks.push(seen.forgets);
      return [];
    },
    async publish(heartbeat) {
      if (fullFolder > 0) {
        fullFolder -= 1;
        throw new HeartbeatUnwritten(
          '/run/podid/heartbeat.json',
          new Error('ENOSPC: no space left on device, write'),
        );
      }
      if (heartbeat.problems.some(({ kind }) => kind === 'not-looked-at')) {
        seen.early.push(heartbeat);
        seen.onEarly();
        return;
      }
      seen.heartbeats.push(heartbeat);
      if (enough(seen.heartbeats)) {
        leaving.abort();
      }
    },
    // No time passes but in waits, and each wait is over at once.
    clock: {
      now: () => 1000,
      monotonic: () => sleptMs,
      random: () => 0,
      sleep: async (ms, signal) => {
        if (!signal.aborted) {
          sleptMs += ms;
          const reads = seen.order.filter((step) => step === 'verify').length;
          seen.waits.push({ ms, reads, forgets: seen.forgets });
        }
      },
    },
    uptimeMs: () => uptimeMs,
    onReadBack: (isNews) => {
      seen.readBacks += 1;
      seen.news += isNews ? 1 : 0;
    },
    logger: { debug: say, info: say, warn: say, error: say },
  };
  return Object.assign(seen, {
    touch() {
      intact = false;
      onChange();
    },
    record(now: typeof recorded) {
      recorded = now;
      onRecord();
    },
    /** The rules cannot be read back until the keeper ends. */
    hangRules() {
      hanging = new Promise((resolve) => leaving.signal.addEventListener('abort', () => resolve()));
      onChange();
    },
    moveTo(ms: number) {
      uptimeMs = ms;
    },
    /** Somebody took a policy rule away, of which nft's monitor says nothing. */
    breakRoutes() {
      unreportedIntact = false;
      intact = false;
    },
    breakSilently(now: boolean) {
      intact = !now;
    },
    keepUntil(condition: typeof enough) {
      enough = condition;
      return keepRules(ports, { backend: 'nft', intervalMs: 5000 }, leaving.signal);
    },
  });
}
