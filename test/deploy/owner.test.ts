import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-owner-'));
  mkdirSync(join(folder, 'deploy/chart'), { recursive: true });
  for (const path of ['package.json', 'deploy/chart/Chart.yaml', '.github']) {
    cpSync(path, join(folder, path), { recursive: true });
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setOwner(owner: string): void {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, `${JSON.stringify({ ...manifest, config: { owner } }, null, 2)}\n`);
}

function writeOwner(...flags: string[]) {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['scripts/write-owner.mjs', `--root=${folder}`, ...flags],
    { encoding: 'utf8' },
  );
  return { status, stderr };
}

describe('a release', () => {
  it('is refused while no owner is set', () => {
    setOwner('');
    const { status, stderr } = writeOwner('--release');
    expect(status).toBe(1);
    expect(stderr).toContain('npm pkg set config.owner=NAME');
  });

  it('is refused while a file names another owner than package.json', () => {
    setOwner('contoso');
    const { status, stderr } = writeOwner('--release');
    expect(status).toBe(1);
    expect(stderr).toContain('node scripts/write-owner.mjs');
  });

  it('goes on once the owner is set and written everywhere', () => {
    setOwner('contoso');
    expect(writeOwner()).toEqual({ status: 0, stderr: '' });
    expect(writeOwner('--release')).toEqual({ status: 0, stderr: '' });
    const texts = [
      'package.json',
      'deploy/chart/Chart.yaml',
      '.github/CODEOWNERS',
      '.github/ISSUE_TEMPLATE/config.yml',
    ];
    for (const path of texts) {
      const text = readFileSync(join(folder, path), 'utf8');
      expect(text).toMatch(/github\.com\/contoso\/podid|@contoso/);
      expect(text).not.toContain('OWNER/');
    }
  });

  it.each(['a b', '-x', 'x/y', 'x"'])('takes no owner that cannot be a name: %s', (owner) => {
    setOwner(owner);
    expect(writeOwner().status).toBe(1);
  });
});
