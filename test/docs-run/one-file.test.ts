import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';

const run = promisify(execFile);

let folder = '';
let podid = '';
let emulator: Emulator;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-one-file-'));
  podid = join(folder, 'podid');
  await run(process.execPath, [join(root, 'scripts/build-binary.mjs'), '--out', podid], { cwd: folder });
  emulator = await startEmulator({});
});
afterAll(async () => {
  await emulator?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** No Node on PATH, and nothing beside the file. */
const env = () => ({ HOME: folder, PATH: '/nowhere', ...emulator.environment });
const ask = async (line: string) => await run(podid, line.split(' '), { cwd: folder, env: env() });

describe('the executable that needs no Node', () => {
  it.each(['podid', 'podid-nmi', 'podid-mic'])('is %s by its name, and by its first word', async (name) => {
    const link = join(folder, 'links', name);
    await run('mkdir', ['-p', join(folder, 'links')]);
    await symlink(podid, link);
    const { stdout, stderr } = await run(link, ['--version'], { env: {} });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/\d+\.\d+\.\d+/);
    expect((await ask(`${name} --version`)).stdout).toBe(stdout);
    expect((await run(link, ['--help'], { env: {} })).stdout).toContain(`Usage: ${name}`);
  });

  it('reads and writes a cluster, and gets a token by way of an agent that it starts', async () => {
    await run(
      podid,
      [
        ...'add -g demo-rg -c demo --namespace demo --name web --identity-resource-id'.split(' '),
        '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
      ],
      { env: env() },
    );
    expect(JSON.parse((await ask('list -g demo-rg -c demo -o json')).stdout)).toMatchObject([
      { name: 'web' },
    ]);
    const token = JSON.parse((await ask('token --emulated-pod demo/web -o json')).stdout);
    expect(token).toMatchObject({
      expiresInSec: expect.any(Number),
      identityResourceId: expect.stringMatching(/\/web$/),
    });
  });

  it('fetches names for Tab in a process of its own', async () => {
    await ask('__complete bash show -g demo-rg -c demo --name ');
    await vi.waitFor(
      async () => {
        const { stdout } = await ask('__complete bash show -g demo-rg -c demo --name ');
        expect(stdout).toContain('web');
      },
      { timeout: 60_000, interval: 300 },
    );
    expect(await readdir(join(folder, '.cache'))).toContain('podid');
  });

  it('opens certificates in a process of its own', async () => {
    const child = run(podid, ['podid-nmi', 'prove-by-certificate'], {
      env: { NODE_OPTIONS: '--max-old-space-size=48' },
    });
    child.child.stdin?.end(JSON.stringify({ certificate: 'AAAA', password: '', claims: {} }));
    expect(JSON.parse((await child).stdout)).toEqual({ refused: expect.any(String) });
  });
});
