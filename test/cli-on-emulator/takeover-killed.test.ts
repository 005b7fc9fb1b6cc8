import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { type TakeoverWorld, takeoverWorld } from './takeover-world.ts';

const program = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const cluster = ['-g', 'demo-rg', '-c', 'demo'];
const apply = [
  ...['takeover', 'apply', ...cluster, '--set', 'podid.image.repository=registry.example.net/podid'],
  ...['--rounds', '2', '--over', '1s', '--yes', '-o', 'json'],
];
const go = { definitions: 'go', identities: 'go', nmi: 'last', delayMs: 300 } as const;

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
  const child = spawn(process.execPath, [program, ...apply, ...more], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  return { process: child, err: () => text, ended: once(child, 'close').then(([code]) => code) };
}

async function fileOf({ podid, folder }: TakeoverWorld): Promise<string> {
  const file = join(folder, 'takeover.yaml');
  expect((await podid.run(['takeover', 'plan', ...cluster, '--out', file])).exitCode).toBe(0);
  return file;
}

function recordOf({ podid }: TakeoverWorld): { readonly step: number; readonly state: string } {
  const data = podid.emulator.kube.get('ConfigMap', 'kube-system', 'podid-takeover')?.['data'] as
    | { record: string }
    | undefined;
  return data === undefined ? { step: 0, state: 'not-begun' } : JSON.parse(data.record);
}

/** Of both APIs: all that changes anything. */
function writesOf({ podid: { emulator } }: TakeoverWorld): number {
  const reads = (verb: string) => ['get', 'list', 'watch'].includes(verb);
  const azure = emulator.requests.filter(
    ({ method }) => method === 'PUT' || method === 'PATCH' || method === 'DELETE',
  );
  return azure.length + emulator.kube.requests.filter(({ verb }) => !reads(verb)).length;
}

describe('podid takeover apply that is killed', () => {
  // How many requests of a step it still sends: from its first, to somewhere within.
  it.each([1, 6])(
    'within each step, after %i of its requests, goes on where it was, and loses no request',
    async (requests) => {
      await using world = await takeoverWorld(go);
      const { emulator } = world.podid;
      const sent = () => emulator.requests.length + emulator.kube.requests.length;
      const file = await fileOf(world);
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
      expect(Object.values(world.asked).reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
      expect(emulator.kube.get('AzureIdentity', 'demo', 'web')).toBeDefined();
      expect(emulator.requests.filter(({ operation }) => operation === 'clusters.put')).toHaveLength(1);
    },
    300_000,
  );

  it('writes nothing once all is done', async () => {
    await using world = await takeoverWorld({ ...go, delayMs: 0 });
    const first = start(world, ['-f', await fileOf(world)]);
    expect(await first.ended, first.err()).toBe(0);
    const before = writesOf(world);
    const again = start(world, []);
    expect(await again.ended, again.err()).toBe(0);
    expect(again.err()).toContain('The takeover is done already.');
    expect(writesOf(world)).toBe(before);
  }, 120_000);
});
