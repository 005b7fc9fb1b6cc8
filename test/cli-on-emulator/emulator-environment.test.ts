import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourcing } from '../../src/cli/open/environment-lines.ts';
import { createContext } from '../../src/cli/run/context.ts';
import { runProgram } from '../../src/cli/run/program.ts';

const run = promisify(execFile);

/** How each shell runs a text, and the ending of the file that is its own. */
const shells = [
  { shell: 'sh', flags: ['-eu', '-c'], ending: 'env' },
  { shell: 'bash', flags: ['--norc', '-eu', '-c'], ending: 'env' },
  { shell: 'zsh', flags: ['-f', '-eu', '-c'], ending: 'env' },
  { shell: 'fish', flags: ['--no-config', '-c'], ending: 'fish' },
  { shell: 'pwsh', flags: ['-NoProfile', '-NonInteractive', '-Command'], ending: 'ps1' },
].filter(({ shell }) => spawnSync(shell, ['--version']).status !== null);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-environment-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs an emulator while `meanwhile` runs. */
async function withEmulator<T>(
  flags: readonly string[],
  meanwhile: () => Promise<T>,
  printed: (lines: string) => void = () => undefined,
): Promise<T> {
  const stop = new AbortController();
  const stdin = { isTTY: false };
  const stdout = new PassThrough({ encoding: 'utf8' });
  const stderr = new PassThrough({ encoding: 'utf8' });
  const context = createContext(stop.signal, { env: {}, stdin, stdout, stderr });
  const ended = runProgram(['emulator', ...flags], context);
  try {
    // It says that it listens when the lines are out.
    await new Promise((resolve) => stderr.once('data', resolve));
    printed(stdout.read() ?? '');
    return await meanwhile();
  } finally {
    stop.abort();
    expect(await ended).toBe(0);
  }
}

async function written(name: string, ...flags: string[]): Promise<string> {
  const file = join(folder, name);
  await withEmulator(['--write-env', file, ...flags], async () => undefined);
  return file;
}

describe.each(shells)("an emulator's file in $shell", ({ shell, flags, ending }) => {
  const base = { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: tmpdir() };
  async function environmentIn(files: readonly string[], before: Record<string, string>) {
    const { stdout } = await run(
      shell,
      [...flags, [...files.map((file) => sourcing(file)), 'env'].join('\n')],
      {
        env: { ...base, ...before },
      },
    );
    return new Map(
      stdout.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.replace(/^[^=]*=/, '')]),
    );
  }

  it.each([
    ['--tls', '--time=instant'],
    ['--time=instant', '--tls'],
  ])('of %s leaves nothing of a sign-in to the next, of %s', async (first, second) => {
    const files = [await written(`1.${ending}`, first), await written(`2.${ending}`, second)];
    const signIn = (all: Map<string, string>) =>
      [...all].filter(([name]) => /^(PODID_A|NODE_EXTRA|AZURE_)/.test(name)).sort();
    const foreign = {
      AZURE_CLIENT_CERTIFICATE_PATH: '/of/another',
      AZURE_TOKEN_CREDENTIALS: 'dev',
      PODID_AUTH: 'az',
    };
    const both = signIn(await environmentIn(files, foreign));
    expect(both).toEqual(signIn(await environmentIn(files.slice(1), {})));
    expect(both.map(([name]) => name)).toContain(
      second === '--tls' ? 'AZURE_CLIENT_SECRET' : 'PODID_ARM_TOKEN',
    );
  });

  const own = '127.0.0.1,localhost';
  it.each([
    { before: {}, after: [own, own] },
    { before: { NO_PROXY: '.corp' }, after: [`.corp,${own}`, `.corp,${own}`] },
    { before: { no_proxy: '.corp' }, after: [`.corp,${own}`, `.corp,${own}`] },
    { before: { NO_PROXY: 'a', no_proxy: 'b' }, after: [`b,${own}`, `a,${own}`] },
    { before: { NO_PROXY: '*' }, after: ['*', '*'] },
    { before: { NO_PROXY: '127.0.0.1' }, after: [own, own] },
    { before: { NO_PROXY: '127x0.0.1' }, after: [`127x0.0.1,${own}`, `127x0.0.1,${own}`] },
  ])(
    'makes of $before the proxy exceptions $after, however often it is sourced',
    async ({ before, after }) => {
      const file = await written(`proxy.${ending}`);
      for (const files of [[file], [file, file]]) {
        const all = await environmentIn(files, before);
        expect([all.get('no_proxy'), all.get('NO_PROXY')]).toEqual(after);
      }
    },
  );

  it.skipIf(spawnSync('curl', ['--version']).status === null)(
    'lets the curl of the guide reach the emulator behind a proxy',
    async () => {
      const proxied: string[] = [];
      const proxy = createServer((request, response) => {
        proxied.push(request.url ?? '');
        response.writeHead(502).end();
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const file = join(folder, `curl.${ending}`);
      const variable = (name: string) => (shell === 'pwsh' ? `$env:${name}` : `$${name}`);
      const curl = `curl -fsS -H "podid-emulator-key: ${variable('PODID_EMULATOR_KEY')}" "${variable('PODID_ARM_ENDPOINT')}/_podid/requests"`;
      const { stdout } = await withEmulator(['--write-env', file], () =>
        run(shell, [...flags, `${sourcing(file)}\n${curl}`], {
          env: { ...base, http_proxy: url, HTTP_PROXY: url, ALL_PROXY: url },
        }),
      ).finally(() => proxy.close());
      expect(JSON.parse(stdout)).toEqual([]);
      expect(proxied).toEqual([]);
    },
  );
});

it.each([
  ['powershell', /^Remove-Item .*\n(?:\$env:\w+ = '[^']+'\n){8,}/],
  ['cmd', /^(?:@set "\w+="\n){5,}(?:@set "\w+=[^"\n]+"\n){8,}@if not defined NO_PROXY /],
  ['fish', /^set -e .*\n(?:set -gx \w+ '[^']+'\n){8,}/],
  ['zsh', /^unset .*\n(?:export \w+=\S+\n){8,}/],
])('for %s are in the file the lines that --shell asks for, or on stdout', async (shell, expected) => {
  const file = join(folder, `asked.${shell === 'powershell' ? 'ps1' : shell}`);
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  await withEmulator(['--shell', shell, '--write-env', file], async () => undefined, print);
  expect(printed).toBe('');
  expect(await readFile(file, 'utf8')).toMatch(expected);
  await withEmulator(['--shell', shell], async () => undefined, print);
  expect(printed).toMatch(expected);
});

it.each([
  ['powershell', 'demo.env', '.ps1'],
  ['cmd', 'demo.ps1', '.cmd'],
])('for %s is no file %s, which it would not take', async (shell, name, ending) => {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const streams = { stdin: { isTTY: false }, stdout: new PassThrough(), stderr };
  const context = createContext(new AbortController().signal, { env: {}, ...streams });
  expect(await runProgram(['emulator', '--shell', shell, '--write-env', join(folder, name)], context)).toBe(
    2,
  );
  expect(stderr.read()).toContain(`takes only files that end in ${ending}`);
});

it('is called by its own path in cmd', () => {
  expect(sourcing('demo.cmd')).toBe('call demo.cmd');
  expect(sourcing('C:/my files/demo.bat')).toBe('call "C:\\my files\\demo.bat"');
});

it('is tried in a POSIX shell at least', () => {
  expect(shells.map(({ shell }) => shell)).toContain('sh');
});
