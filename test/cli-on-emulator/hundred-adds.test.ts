import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { identityId } from './emulated-podid.ts';

const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const names = Array.from({ length: 100 }, (_, number) => `app-${number}`);

describe('a hundred processes that add at once', () => {
  it('all succeed, and every entry is there at the end', { timeout: 900_000 }, async () => {
    await using emulator = await startEmulator();
    const env = { ...process.env, ...emulator.environment, PODID_POLL_INTERVAL: '500ms' };
    const runs = names.map(async (name) => {
      const add = ['add', '--namespace', 'demo', '--name', name, '--identity-resource-id', identityId('web')];
      const child = spawn(process.execPath, ['--', podid, ...add, '-o', 'json', '--query', 'name'], { env });
      let out = '';
      let told = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
      const [code] = (await once(child, 'close')) as [number];
      return { name, code, out: out.trim(), told: code === 0 ? '' : told };
    });
    const ended = await Promise.all(runs);
    expect(ended).toEqual(names.map((name) => ({ name, code: 0, out: `"${name}"`, told: '' })));
    const document = emulator.world.clusters.values().next().value?.document as unknown as {
      properties: {
        podIdentityProfile: { userAssignedIdentities: { name: string; provisioningState: string }[] };
      };
    };
    const entries = document.properties.podIdentityProfile.userAssignedIdentities;
    expect(entries.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(entries.every(({ provisioningState }) => provisioningState === 'Assigned')).toBe(true);
    const taken = emulator.requests.filter(
      (request) => request.operation === 'clusters.put' && (request.status ?? 0) < 300,
    );
    expect(taken).toHaveLength(names.length);
  });
});
