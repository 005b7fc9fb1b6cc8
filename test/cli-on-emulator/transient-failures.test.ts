import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { emulatedPodid, identityId } from './emulated-podid.ts';

const podidJs = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const addWeb = ['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', identityId('web')];
const web = {
  resourceId: identityId('web'),
  clientId: '00000000-0000-4000-8000-0000c11e0001',
  objectId: '00000000-0000-4000-8000-00000b1e0001',
};

async function setFaults({ url, key }: Emulator, faults: unknown): Promise<void> {
  const headers = { 'podid-emulator-key': key };
  await fetch(`${url}/_podid/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) });
}

async function spawned(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  stdout: 'pipe' | number = 'pipe',
) {
  const child = spawn(process.execPath, ['--', podidJs, ...argv], {
    env: { PATH: process.env['PATH'], PODID_POLL_INTERVAL: '20ms', ...env },
    stdio: ['ignore', stdout, 'pipe'],
  });
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  return { child, err: () => err, ended: once(child, 'close').then(([code]) => code as number | null) };
}

describe('what a colleague writes between the question and the PUT', () => {
  it('is not lost by disable without having been shown, asked about and exported', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'podid-hostile-'));
    try {
      await using podid = await emulatedPodid();
      await podid.json(addWeb);
      const late = { name: 'late', namespace: 'demo', podLabels: { app: 'late' } };
      await setFaults(podid.emulator, [
        { match: { operation: 'clusters.put', times: 1 }, effect: { edit: { addException: [late] } } },
      ]);
      const file = join(folder, 'saved.yaml');
      const ran = await podid.run(['disable', '--yes', '--export', file]);
      const saved = await readFile(file, 'utf8');
      // Either it stopped (5), or what went is in the file.
      expect(ran.exitCode === 5 || saved.includes('late'), ran.stderr).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is not deleted by delete --failed once it is fixed', async () => {
    await using podid = await emulatedPodid({ scenario: 'failed-entry' });
    const fixed = { namespace: 'demo', name: 'jobs', bindingSelector: 'fixed', identity: web };
    await setFaults(podid.emulator, [
      {
        match: { operation: 'clusters.put', times: 1 },
        effect: { edit: { delete: [{ namespace: 'demo', name: 'jobs' }], add: [fixed] } },
      },
    ]);
    await podid.run('delete --failed --yes --no-mirror');
    expect(await podid.json('list --query [].bindingSelector')).toContain('fixed');
  });
});

describe('a replacement that ends between its two PUTs', () => {
  it('says that the old entry is out, and how to put it back', async () => {
    await using podid = await emulatedPodid({
      seed: { settings: { operationMs: [3000, 3000], operationPolls: 0 } },
    });
    await podid.json(addWeb);
    const line = [
      'update',
      '--namespace',
      'demo',
      '--name',
      'web',
      '--identity-resource-id',
      identityId('jobs'),
    ];
    const ran = await podid.run([...line, '--yes', '--timeout', '1s', '-o', 'json']);
    expect(ran.exitCode).toBe(7);
    expect(JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      message: expect.stringMatching(/removed from the cluster/),
      hint: expect.stringMatching(/podid add .*userAssignedIdentities\/web/),
    });
  });
});

describe('a change that stands', () => {
  it('is not tried with a --query that fits no shape of its result', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run([...addWeb, '--query', 'sort(name)']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('sort(name)');
    expect(podid.emulator.requests).toEqual([]);
  });

  it('is printed whole where --query fits other results alone, and ends with 1', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run([...addWeb, '--query', 'length(changes)', '-o', 'json']);
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'web', provisioningState: 'Assigned' });
    expect(JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      code: 'QueryFailed',
      message: expect.stringContaining('length(changes)'),
    });
    expect(await podid.json('list --query [].name')).toEqual(['web']);
  });

  it.each([400, 403, 410])('is judged by the cluster when the operation answers %d', async (status) => {
    await using podid = await emulatedPodid();
    await setFaults(podid.emulator, [
      { match: { operation: 'operations.get' }, effect: { status, body: {} } },
    ]);
    const ran = await podid.run([...addWeb, '--no-mirror']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'web' });
  });
});

describe('a Retry-After beyond what a timer can hold', () => {
  it('does not make a poll of every millisecond', async () => {
    const emulator = await startEmulator();
    try {
      await setFaults(emulator, [
        {
          match: { operation: 'operations.get' },
          effect: { status: 200, body: { status: 'InProgress' }, headers: { 'retry-after': '9999999' } },
        },
      ]);
      const run = await spawned([...addWeb, '--no-mirror', '--timeout', '3s'], emulator.environment);
      await run.ended;
      expect(emulator.requests.filter(({ operation }) => operation === 'operations.get').length).toBeLessThan(
        5,
      );
    } finally {
      await emulator.stop();
    }
  });
});

describe('the exit code', () => {
  it.skipIf(process.platform !== 'linux')('is not 0 when the result could not be written', async () => {
    const { open } = await import('node:fs/promises');
    const full = await open('/dev/full', 'w');
    const emulator = await startEmulator();
    try {
      const run = await spawned(['list', '-o', 'json'], emulator.environment, full.fd);
      expect(await run.ended).not.toBe(0);
    } finally {
      await full.close();
      await emulator.stop();
    }
  });

  it('is 7, with a message, when a server switches protocols', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const emulator = await startEmulator();
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const run = await spawned(['list', '-o', 'json'], { ...emulator.environment, PODID_ARM_ENDPOINT: url });
      expect({ code: await run.ended, err: run.err() }).toMatchObject({
        code: 7,
        err: expect.stringContaining('Unavailable'),
      });
    } finally {
      server.close();
      await emulator.stop();
    }
  });
});
