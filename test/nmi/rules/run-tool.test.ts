import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RulesError, runTool, runToolAtOnce } from '../../../src/nmi/rules/run-tool.ts';

let folder = '';

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function toolThat(body: string): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'podid-tool-'));
  await writeFile(join(folder, 'tool'), `#!/bin/sh\n${body}\n`);
  await chmod(join(folder, 'tool'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
}

describe.skipIf(process.platform === 'win32').each([
  ['beside other work', runTool],
  ['at once', runToolAtOnce],
] as const)('a tool that is run %s', (_way, run) => {
  it('is given its words and its input, and all that it prints comes back with its code', async () => {
    await toolThat('cat; echo "$1 $2"; echo no >&2; exit 3');
    const ended = await run('tool', ['list', 'two words'], { stdin: 'table\n' });
    expect(ended).toEqual({ code: 3, stdout: 'table\nlist two words\n', stderr: 'no\n' });
  });

  it('reads an empty input where it is given none', async () => {
    await toolThat('cat; echo end');
    expect(await run('tool', [])).toEqual({ code: 0, stdout: 'end\n', stderr: '' });
  });

  it('may print more than a pipe holds', async () => {
    await toolThat('head -c 300000 /dev/zero | tr "\\0" x');
    expect((await run('tool', [])).stdout).toHaveLength(300_000);
  });

  it('is said to be missing where it is', async () => {
    const failed = await run('no-such-tool', []).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RulesError);
    expect(failed).toMatchObject({
      message: 'The tool no-such-tool is not installed.',
      hint: 'Install no-such-tool, or use the image of podid.',
    });
  });

  it('did not end in time where a signal ended it', async () => {
    await toolThat('kill -TERM $$');
    await expect(run('tool', [])).rejects.toThrow('tool did not end in time.');
  });
});
