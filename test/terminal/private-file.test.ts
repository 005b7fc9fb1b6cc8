import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePrivateFolder } from '../../src/terminal/private-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-private-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a private folder', () => {
  it('is made with those above it, each for its owner alone, by several at once and again', async () => {
    const path = join(folder, 'a/b/c');
    await Promise.all(Array.from({ length: 8 }, () => makePrivateFolder(path)));
    await makePrivateFolder(path);
    for (const each of [join(folder, 'a'), join(folder, 'a/b'), path]) {
      const found = await stat(each);
      expect(found.isDirectory()).toBe(true);
      if (process.platform !== 'win32') {
        expect(found.mode & 0o777).toBe(0o700);
      }
    }
  });

  it('is not made below a file', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makePrivateFolder(join(folder, 'file/a/b'))).rejects.toThrow(/ENOTDIR|ENOENT/);
  });

  it.runIf(process.platform === 'linux')('is refused in an end where the system makes none', async () => {
    await expect(makePrivateFolder('/proc/nowhere/.config/podid')).rejects.toThrow('ENOENT');
  });
});
