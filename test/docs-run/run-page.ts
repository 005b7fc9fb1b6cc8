import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';

/** The documents that people read; those of commands are written from the command tree. */
export const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));

/** What a reader of a page types, as it is, on a fresh emulator. */
export interface PageToRun {
  readonly lines: readonly string[];
  readonly scenario: string;
  readonly tls: boolean;
}

/**
 * Lines of the fenced blocks marked `shell`. Behind that word stand the emulator's scenario, if it is not `default`, and
 * `tls`; a page has one of each.
 */
export function pageToRun(path: string): PageToRun {
  const markdown = readFileSync(join(root, path), 'utf8');
  const blocks = [...markdown.matchAll(/^```shell(.*)\n([\s\S]*?)^```$/gm)];
  const lines = blocks.flatMap(([, , block = '']) => block.split('\n')).filter((line) => line.trim() !== '');
  const marks = new Set(blocks.map(([, words = '']) => words.trim()));
  if (marks.size > 1) {
    throw new Error(`${path}: one page, one emulator; these are ${[...marks].join(', ')}`);
  }
  const words = [...marks].join('').split(' ');
  const [scenario = 'default'] = words.filter((word) => word !== '' && word !== 'tls');
  return { lines, scenario, tls: words.includes('tls') };
}

/** Those are run where kubectl is. */
export function needsKubectl({ lines }: Pick<PageToRun, 'lines'>): boolean {
  return lines.some((line) => /^kubectl /.test(line));
}

/** @returns the exit code of the first line that fails, and what the shell wrote beside its results */
export async function runPage(
  { lines, scenario, tls }: PageToRun,
  programs: readonly string[] = [],
): Promise<{ readonly code: number; readonly text: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-docs-'));
  await using emulator = await startEmulator({ scenario, tls });
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
      PATH: [folder, ...programs, process.env['PATH']].join(':'),
    };
    const shell = spawn('bash', ['-euo', 'pipefail'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
    shell.stdout.resume();
    let text = '';
    shell.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    shell.stdin.end(`set -x\n${lines.join('\n')}\n`);
    const [code] = (await once(shell, 'close')) as [number];
    return { code, text };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
