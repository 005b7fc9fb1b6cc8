import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';

interface Step {
  readonly commands: string;
  readonly needsKubectl: boolean;
  /** Main lines of what the commands print, in order. */
  readonly lines: readonly string[];
}

/** Each block of commands that is marked `way-out`, and the output that stands below it. */
function stepsOf(markdown: string): readonly Step[] {
  const blocks = /^```sh(?:ell)? way-out\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm;
  return [...markdown.matchAll(blocks)].map(([, commands = '', output = '']) => ({
    commands,
    needsKubectl: /^kubectl /m.test(commands),
    lines: output.split('\n').filter((line) => line !== ''),
  }));
}

const page = readFileSync(join(root, 'docs/way-out.md'), 'utf8');
const hasKubectl = (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
  try {
    accessSync(join(folder, 'kubectl'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** Minutes depend on the machine, and the width of a column on them. */
function plain(text: string): string {
  return text.replace(/\d+ min/g, 'N min').replace(/ +/g, ' ');
}

/** @returns what each of them printed, on both streams */
async function typed(steps: readonly Step[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-way-out-'));
  await using emulator = await startEmulator({ scenario: 'way-out' });
  try {
    const podid = `#!/bin/sh\nexec "${process.execPath}" -- "${root}/bin/podid.js" "$@"\n`;
    await writeFile(join(folder, 'podid'), podid, { mode: 0o755 });
    const path = [folder, process.env['PATH']].join(delimiter);
    const env = { ...process.env, ...emulator.environment, PATH: path };
    const shell = spawn('sh', ['-eu'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'ignore'] });
    let text = '';
    shell.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    const end = 'the end of a step';
    shell.stdin.end(`exec 2>&1\n${steps.map(({ commands }) => `${commands}echo "${end}"\n`).join('')}`);
    const [code] = (await once(shell, 'close')) as [number];
    expect(code, text).toBe(0);
    return text.split(end);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it('the way out goes from the add-on to exchange and Workload Identity, back, and there again, as its document shows', async () => {
  const all = stepsOf(page);
  expect(all.length).toBe([...page.matchAll(/^```sh(?:ell)? way-out$/gm)].length);
  const steps = all.filter(({ needsKubectl }) => hasKubectl || !needsKubectl);
  const printed = await typed(steps);
  for (const [index, { commands, lines }] of steps.entries()) {
    const found = plain(printed[index] ?? '').split('\n');
    for (const line of lines) {
      const at = found.findIndex((each) => each.startsWith(plain(line)));
      expect(
        at,
        `${commands}\nprints no line that begins so, in this order:\n${line}\nbut\n${found.join('\n')}`,
      ).not.toBe(-1);
      found.splice(0, at + 1);
    }
  }
});
