import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { clusterPrograms } from './cluster-programs.ts';

const run = promisify(execFile);

let folder = '';
/** On PATH what `npm install -g` puts there. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-plugin-'));
  const { bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  for (const [name, path] of Object.entries<string>(bin)) {
    await symlink(join(root, path), join(folder, name));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function kubectl(...words: string[]): Promise<string> {
  const env = { HOME: folder, PATH: `${folder}:${dirname(process.execPath)}:/usr/bin:/bin` };
  const { stdout } = await run(clusterPrograms().path('kubectl'), words, { cwd: folder, env });
  return stdout;
}

describe('kubectl', () => {
  it('runs podid as its plug-in', async () => {
    expect(await kubectl('podid', '--version')).toMatch(/^\d+\.\d+\.\d+/);
    expect(await kubectl('plugin', 'list')).toContain('kubectl-podid');
  });

  it.each([
    [['exc'], ['exception', 'exchange']],
    [['exception', 'de'], ['delete']],
    [['add', '--namesp'], ['--namespace']],
  ])('completes podid %j', async (words, expected) => {
    const lines = (await kubectl('__complete', 'podid', ...words)).trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => line.split('\t')[0])).toEqual(expected);
    expect(lines.at(-1)).toBe(':4');
  });
});
