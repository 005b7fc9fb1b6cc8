import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAzProfile } from '../../src/arm/sign-in/az-profile.ts';
import { emulatedPodid } from './emulated-podid.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('podid emulator', () => {
  it('ends with 2 and a sentence when the folder of --write-env is missing', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(['emulator', '--write-env', join(folder, 'none', 'env')]);
    expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--write-env') });
  });

  it.skipIf(process.platform === 'win32').each(['--state', '--write-env'])(
    'takes no pipe for %s',
    async (flag) => {
      await using podid = await emulatedPodid();
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      const ran = await podid.run(['emulator', flag, join(folder, 'pipe')]);
      expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not a regular file') });
    },
  );

  it('ends with 2 when --state cannot be written', async () => {
    await using podid = await emulatedPodid();
    await writeFile(join(folder, 'file'), '');
    const ran = await podid.run(['emulator', '--state', join(folder, 'file', 'state.json')]);
    expect(ran.exitCode, ran.stderr).toBe(2);
  });
});

describe.skipIf(process.platform === 'win32')("az's profile", () => {
  it('says nothing when it is a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'azureProfile.json')]);
    expect(await readAzProfile({ AZURE_CONFIG_DIR: folder })).toEqual({ subscriptions: [] });
  });
});
