import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';

const run = promisify(execFile);
const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const mirror = ['mirror', '--dry-run', '--only-show-errors', '-g', 'demo-rg', '-c', 'demo'];

/** `PODID_NODE_22` and `PODID_NODE_24` name the programs; `.ci/run` gets them from npm. */
describe.each([22, 24])('podid on Node %i', (major) => {
  const node = process.env[`PODID_NODE_${major}`] ?? '';

  it.skipIf(node === '').each([
    ['as users start it', []],
    ['where a deprecation is a failure', ['--throw-deprecation']],
  ])('reaches the cluster without a word on stderr, %s', async (_how, flags) => {
    await using emulator = await startEmulator();
    const env = { PATH: process.env['PATH'], ...emulator.environment };
    expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${major}\\.`));
    const { stdout, stderr } = await run(node, [...flags, podid, ...mirror], { env });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toHaveProperty('objects');
  });
});
