import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
let folder = '';
let source = '';
let compiled = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-load-daemon-'));
  for (const part of ['bin', 'dist']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  source = join(folder, 'dist/podid-nmi.cjs');
  compiled = `${source}.compiled`;
  run(process.execPath, join(root, 'scripts/keep-compiled.mjs'), folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(node: string, ...argv: readonly string[]): string {
  return execFileSync(node, argv, { encoding: 'utf8', stdio: 'pipe' });
}

function agent(...words: readonly string[]): string {
  return run(process.execPath, join(folder, 'bin/podid-nmi.js'), ...words);
}

/** Four bytes, with which V8 would end the process. */
function overwrite(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, at, at + 4);
  writeFileSync(path, bytes);
}

function isCompiled(node = process.execPath): boolean {
  const loader = JSON.stringify(join(folder, 'bin/load-daemon.js'));
  return run(node, '-p', `require(${loader}).isCompiled('podid-nmi')`) === 'true\n';
}

describe('an agent beside what V8 made of it', () => {
  it('starts with that, and with what it loads late', () => {
    expect(isCompiled()).toBe(true);
    expect(agent('--version')).toMatch(/^podid-nmi \d/);
    expect(agent('--help')).toContain('Usage: podid-nmi');
  });

  it('says where a fault is as without it', () => {
    writeFileSync(
      source,
      readFileSync(source, 'utf8').replace(
        /^/,
        "if (process.argv[2] === '--version') throw new Error('here');",
      ),
    );
    run(process.execPath, join(root, 'scripts/keep-compiled.mjs'), folder);
    const stack = () => {
      try {
        return agent('--version');
      } catch (error) {
        return /podid-nmi\.cjs:1:\d+/.exec(String((error as { stderr: string }).stderr))?.[0];
      }
    };
    const withIt = stack();
    rmSync(compiled);
    expect([withIt, stack()]).toEqual(['podid-nmi.cjs:1:44', 'podid-nmi.cjs:1:44']);
  });

  it.each<[string, () => void]>([
    ['is cut short', () => truncateSync(compiled, 100_000)],
    ['is cut within its first bytes', () => truncateSync(compiled, 20)],
    ['is empty', () => truncateSync(compiled, 0)],
    ['is no such thing', () => writeFileSync(compiled, Buffer.alloc(100_000, 'podid'))],
    [
      'is none behind the digest',
      () =>
        writeFileSync(
          compiled,
          Buffer.concat([readFileSync(compiled).subarray(0, 32), Buffer.alloc(9_000, 7)]),
        ),
    ],
    ['has other bytes in its middle', () => overwrite(compiled, 200_000)],
    ['is not there', () => rmSync(compiled)],
  ])('starts without where it %s', (_, spoil) => {
    spoil();
    expect(isCompiled()).toBe(false);
    expect(agent('--version')).toMatch(/^podid-nmi \d/);
  });

  it('runs its own source where that is another by now, of the same length', () => {
    const text = readFileSync(source, 'utf8');
    const other = text.replaceAll('podid-nmi ${', 'podid-abc ${');
    expect(other).not.toBe(text);
    writeFileSync(source, other);
    expect(isCompiled()).toBe(false);
    expect(agent('--version')).toMatch(/^podid-abc \d/);
  });

  it.each(
    ['22', '24'].map((major) => process.env[`PODID_NODE_${major}`] ?? '').filter((node) => node !== ''),
  )('starts without on another Node, and with what that one made: %s', (node) => {
    expect(isCompiled(node)).toBe(false);
    expect(run(node, join(folder, 'bin/podid-nmi.js'), '--version')).toMatch(/^podid-nmi \d/);
    run(node, join(root, 'scripts/keep-compiled.mjs'), folder);
    expect(isCompiled(node)).toBe(true);
    expect(run(node, join(folder, 'bin/podid-nmi.js'), '--help')).toContain('Usage: podid-nmi');
    expect(isCompiled()).toBe(false);
  });
});
