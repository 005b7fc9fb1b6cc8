import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { seedTenant, worldAt } from './takeover-tenant.ts';
import {
  cluster,
  dataOf,
  done,
  failedOf,
  go,
  image,
  planFile,
  quick,
  recordOf,
  run,
  stay,
  type TakeoverWorld,
  takeoverWorld,
} from './takeover-world.ts';

const program = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const apply = ['takeover', 'apply', ...cluster, ...image, ...quick];
/** Long enough to be killed in. */
const slow = { ...go, delayMs: 300 };

/** A new credential is waited for, since Entra may remember that there was none; that of the emulator does not. */
const hurried = `data:text/javascript,${encodeURIComponent(
  'const real = setTimeout; globalThis.setTimeout = (call, ms, ...more) => real(call, ms === 20000 ? 500 : ms, ...more)',
)}`;

interface Child {
  readonly process: ChildProcess;
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

/** As a process of its own, so that it can be killed. */
function start({ podid: { emulator }, folder }: TakeoverWorld, more: readonly string[]): Child {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    PODID_POLL_INTERVAL: '20ms',
    ...emulator.environment,
  };
  const child = spawn(process.execPath, ['--import', hurried, program, ...apply, ...more], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  return { process: child, err: () => text, ended: once(child, 'close').then(([code]) => code) };
}

/** Of both APIs: all that changes anything. */
function writesOf({ podid: { emulator } }: TakeoverWorld): number {
  const reads = (verb: string) => ['get', 'list', 'watch'].includes(verb);
  const azure = emulator.requests.filter(
    ({ method }) => method === 'PUT' || method === 'PATCH' || method === 'DELETE',
  );
  return azure.length + emulator.kube.requests.filter(({ verb }) => !reads(verb)).length;
}

function isOfPodid({ metadata }: KubeObject): boolean {
  return metadata.labels?.['app.kubernetes.io/managed-by'] === 'podid';
}

/** A tenant's, and the entry's as AKS itself writes them. */
function ofAks(world: TakeoverWorld): void {
  seedTenant(world);
  const { kube } = world.podid.emulator;
  for (const [kind, name] of [
    ['AzureIdentity', 'web'],
    ['AzureIdentityBinding', 'web-binding'],
  ] as const) {
    const found = kube.get(kind, 'demo', name) as KubeObject;
    const labels = { 'kubernetes.azure.com/managedby': 'aks' };
    kube.seed({ ...found, metadata: { ...found.metadata, labels } });
  }
}

/** Each with its uid, and what it says. */
function identitiesAndBindings({ podid }: TakeoverWorld) {
  const { kube } = podid.emulator;
  return ['AzureIdentity', 'AzureIdentityBinding'].flatMap((kind) =>
    kube.list(kind).map(({ metadata, spec }) => [kind, metadata.name, metadata.uid, metadata.labels, spec]),
  );
}

describe('podid takeover apply that is killed', () => {
  // How many requests of a step it still sends: from its first, to somewhere within.
  it.each([1, 6])(
    'within each step, after %i of its requests, goes on where it was, and loses no request',
    async (requests) => {
      await using world = await takeoverWorld(slow);
      const { emulator } = world.podid;
      const sent = () => emulator.requests.length + emulator.kube.requests.length;
      const file = await planFile(world);
      const killedIn: number[] = [];
      for (let step = 1; step <= 8; step += 1) {
        const child = start(world, recordOf(world).state === 'not-begun' ? ['-f', file] : []);
        await vi.waitFor(() => expect(child.err()).toContain(`${step} of 8:`), {
          timeout: 60_000,
          interval: 5,
        });
        const before = sent();
        await vi.waitFor(() => expect(sent() - before).toBeGreaterThanOrEqual(requests), {
          timeout: 60_000,
          interval: 2,
        });
        child.process.kill('SIGKILL');
        await child.ended;
        killedIn.push(recordOf(world).step + 1);
      }
      const last = start(world, []);
      expect(await last.ended, `${last.err()}${JSON.stringify(recordOf(world))}`).toBe(0);
      expect(recordOf(world)).toMatchObject({ step: 8, state: 'done' });
      expect(killedIn.filter((step) => step <= 8).length).toBeGreaterThan(5);
      expect(failedOf(world)).toBe(0);
      expect(emulator.kube.get('AzureIdentity', 'demo', 'web')).toBeDefined();
      expect(emulator.requests.filter(({ operation }) => operation === 'clusters.put')).toHaveLength(1);
    },
    300_000,
  );

  it('writes nothing once all is done', async () => {
    await using world = await takeoverWorld({ ...go, delayMs: 0 });
    const first = start(world, ['-f', await planFile(world)]);
    expect(await first.ended, first.err()).toBe(0);
    const before = writesOf(world);
    const again = start(world, []);
    expect(await again.ended, again.err()).toBe(0);
    expect(again.err()).toContain('The takeover is done already.');
    expect(writesOf(world)).toBe(before);
  }, 120_000);
});

describe('podid takeover apply that is killed in step 5', () => {
  it.each<[string, typeof go | typeof stay, string]>([
    ['went with their kinds', go, 'ADDED'],
    ['are there still', stay, 'MODIFIED'],
  ])(
    'neither loses nor doubles anything where it was killed once objects that %s were written, before that was',
    async (_, removal, event) => {
      await using world = await worldAt(4, removal, ofAks);
      const { kube } = world.podid.emulator;
      const before = JSON.parse(dataOf(world)['record'] ?? '');
      // From the moment on at which one of them is there, as if it had been killed then.
      const stop = kube.subscribe(({ type, object }) => {
        if (type === event && object.kind === 'AzureIdentityBinding' && isOfPodid(object)) {
          kube.faults = { ...kube.faults, deny: [{ verb: 'update', resource: 'configmaps' }] };
        }
      });
      expect((await run(world, 'apply', '--until', '5')).exitCode).not.toBe(0);
      stop();
      kube.faults = { ...kube.faults, deny: [] };
      expect(JSON.parse(dataOf(world)['record'] ?? '')).toEqual(before);
      const written = identitiesAndBindings(world);
      await done(world, 'apply');
      expect(identitiesAndBindings(world)).toEqual(written);
      expect(failedOf(world)).toBe(0);
    },
    240_000,
  );

  it('brings nothing back that somebody deleted while it waited whether all stays, and was killed', async () => {
    await using world = await worldAt(4, go);
    const { kube } = world.podid.emulator;
    const before = dataOf(world)['record'];
    let writes = 0;
    let backAt = Number.POSITIVE_INFINITY;
    let looks = -1;
    // Of each look whether the kinds are there.
    const looked = () =>
      kube.requests.slice(backAt).filter(({ resource }) => resource === 'customresourcedefinitions').length;
    // Its first write says that all is there; the next never comes.
    const stop = kube.subscribe(({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'tenant-binding') {
        backAt = kube.requests.length;
      }
      if (object.metadata.name === 'podid-takeover' && dataOf(world)['record'] !== before) {
        writes += 1;
        looks = looked();
        kube.faults = { ...kube.faults, deny: [{ verb: 'update', resource: 'configmaps' }] };
      }
    });
    expect((await run(world, 'apply', '--until', '5', '--no-exchange')).exitCode).not.toBe(0);
    stop();
    kube.faults = { ...kube.faults, deny: [] };
    // Before it looks whether they stay.
    expect([writes, looks]).toEqual([1, 0]);
    expect(JSON.parse(dataOf(world)['record'] ?? '')).toMatchObject({ step: 4 });
    kube.remove('AzureIdentityBinding', 'demo', 'tenant-binding');
    await done(world, 'apply');
    expect(kube.get('AzureIdentityBinding', 'demo', 'tenant-binding')).toBeUndefined();
  }, 240_000);
});
