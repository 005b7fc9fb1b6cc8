import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';

const root = resolve(import.meta.dirname, '../..');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));

/**
 * Lines of the fenced blocks marked `shell`: those a reader can type as they are, on an emulator with the
 * scenario that stands behind the word, `default` where none does.
 */
function shellLines(markdown: string): { readonly lines: string[]; readonly scenario: string } {
  const blocks = [...markdown.matchAll(/^```shell(?: ([\w-]+))?\n([\s\S]*?)^```$/gm)];
  const lines = blocks.flatMap(([, , block = '']) => block.split('\n')).filter((line) => line.trim() !== '');
  const scenarios = new Set(blocks.map(([, scenario = 'default']) => scenario));
  expect(scenarios.size, 'one page, one scenario').toBeLessThanOrEqual(1);
  return { lines, scenario: [...scenarios][0] ?? 'default' };
}

async function scriptsNamedIn(path: string): Promise<string[]> {
  const text = await readFile(join(root, path), 'utf8');
  return [...text.matchAll(/\bnpm (?:run (?:--silent )?)?([a-z][\w:]*)/g)].map(([, name = '']) => name);
}

describe('the documents', () => {
  it.each(documents)('%s names npm scripts that exist', async (path) => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const known = ['ci', 'install', 'test', 'registry', ...Object.keys(scripts)];
    expect((await scriptsNamedIn(path)).filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(documents)('%s links to files that exist', async (path) => {
    const text = await readFile(join(root, path), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
    const missing = links.filter((link) => !existsSync(join(root, path, '..', link)));
    expect(missing).toEqual([]);
  });

  it.each(documents)(
    '%s shows commands that work, one after the other, on a fresh emulator',
    async (path) => {
      const page = shellLines(await readFile(join(root, path), 'utf8'));
      const lines = page.lines.filter((line) => !/^npm /.test(line));
      if (lines.length === 0) {
        return;
      }
      const folder = await mkdtemp(join(tmpdir(), 'podid-docs-'));
      await using emulator = await startEmulator({ scenario: page.scenario });
      try {
        await writeFile(
          join(folder, 'podid'),
          `#!/bin/sh\nexec "${process.execPath}" -- "${root}/bin/podid.js" "$@"\n`,
          { mode: 0o755 },
        );
        const env = {
          ...process.env,
          ...emulator.environment,
          PODID_POLL_INTERVAL: '50ms',
          PATH: `${folder}:${process.env['PATH']}`,
        };
        const shell = spawn('bash', ['-euo', 'pipefail'], {
          cwd: folder,
          env,
          stdio: ['pipe', 'pipe', 'pipe'],
        });
        shell.stdout.resume();
        let told = '';
        shell.stderr.setEncoding('utf8').on('data', (text: string) => {
          told += text;
        });
        shell.stdin.end(`set -x\n${lines.join('\n')}\n`);
        const [code] = (await once(shell, 'close')) as [number];
        expect(code, told).toBe(0);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
