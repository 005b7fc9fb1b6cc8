import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../../src/emulator/start-emulator.ts';
import { kubectlFiles, kubectlLines } from './kubectl-lines.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** The cluster ring has a kubectl of its own; this is whichever the machine has. */
describe.skipIf(!hasKubectl)('kubectl as it is, on the emulator:', () => {
  let emulator: Emulator;
  let folder = '';
  beforeAll(async () => {
    emulator = await startEmulator({ scenario: 'in-use' });
    folder = await mkdtemp(join(tmpdir(), 'podid-kubectl-'));
    for (const [name, text] of Object.entries(kubectlFiles)) {
      await writeFile(join(folder, name), text);
    }
  });
  afterAll(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  });
  // What it has learned of one server it must not believe of another.
  const kubectl = (line: string) =>
    new Promise<{ code: number; text: string }>((done) => {
      const { KUBECONFIG } = emulator.environment;
      const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG };
      execFile('kubectl', line.split(' '), { cwd: folder, env }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
      );
    });

  const lines = kubectlLines.map(([line, said, code = 0]) => ({ line, said, code }));
  it.each(lines)('kubectl $line', async ({ line, said, code }) => {
    expect(await kubectl(line)).toEqual({ code, text: expect.stringContaining(said) });
  });
});
