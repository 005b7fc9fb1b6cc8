import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/cli/run/context.ts';
import { runProgram } from '../../src/cli/run/program.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(line: string) {
  const stop = new AbortController();
  const stdout = new PassThrough({ encoding: 'utf8' });
  const stderr = new PassThrough({ encoding: 'utf8' });
  const context = createContext(stop.signal, { env: {}, stdin: { isTTY: false }, stdout, stderr });
  const ended = runProgram(line.split(' '), context);
  return { stop, stdout, stderr, ended };
}

async function untilIn(stream: PassThrough, words: string): Promise<string> {
  let said = '';
  for await (const text of stream.iterator({ destroyOnReturn: false })) {
    said += text;
    if (said.includes(words)) {
      break;
    }
  }
  return said;
}

describe('podid emulator', () => {
  it('writes what points podid at it into a private file, with its tokens nowhere else', async () => {
    const file = join(folder, 'env');
    const running = start(`emulator --write-env ${file}`);
    const said = await untilIn(running.stderr, 'and then podid init.');
    running.stop.abort();
    expect(await running.ended).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^unset (?:\w+ ?)+\n(?:export \w+=\S+\n)+export no_proxy=/);
    expect(running.stdout.read()).toBeNull();
    expect(said).toContain(`In another terminal: . ${file}, and then podid init.`);
  });

  it('prints what points podid at it once it listens, says nothing more, and ends when stopped', async () => {
    const running = start('emulator');
    const lines = await new Promise<string>((resolve) => running.stdout.once('data', resolve));
    expect(lines).toMatch(/^unset (?:\w+ ?)+\n(?:export \w+=\S+\n)+export no_proxy=/);

    const url = /PODID_ARM_ENDPOINT=(\S+)/.exec(lines)?.[1] ?? '';
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/subscriptions?api-version=2022-12-01`)).status).toBe(401);

    running.stop.abort();
    expect(await running.ended).toBe(0);
    expect(running.stdout.read()).toBeNull();
    expect(running.stderr.read()).toContain('In another terminal: the lines above, and then podid init.');
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('names the first step of its scenario', async () => {
    const running = start('emulator --scenario standard-mode');
    await new Promise((resolve) => running.stdout.once('data', resolve));
    running.stop.abort();
    await running.ended;
    expect(running.stderr.read()).toMatch(/In another terminal: .*, and then podid-mic plan\.\n/);
  });

  it.each([
    ['emulator', 1],
    ['emulator --time instant', 1],
    ['emulator --time recorded', null],
    ['emulator --time 0.5', null],
  ])('has people wait a second for a change that is done at once: %s', async (line, retryAfterSec) => {
    const running = start(line);
    const lines = await new Promise<string>((resolve) => running.stdout.once('data', resolve));
    const [, endpoint, key = ''] =
      /PODID_ARM_ENDPOINT=(\S+)[\s\S]*PODID_EMULATOR_KEY=(\S+)/.exec(lines) ?? [];
    const world = await fetch(`${endpoint}/_podid/world`, { headers: { 'podid-emulator-key': key } });
    expect(await world.json()).toMatchObject({ settings: { retryAfterSec } });
    running.stop.abort();
    expect(await running.ended).toBe(0);
  });

  it('keeps its world in a file', async () => {
    const state = join(folder, 'world.json');
    const running = start(`emulator --state ${state} --scenario kubenet`);
    await new Promise((resolve) => running.stdout.once('data', resolve));
    running.stop.abort();
    await running.ended;
    const saved = await readFile(state, 'utf8');
    expect(saved).toContain('"kubenet"');

    // As PowerShell 5.1 writes it with `>`; saved again as UTF-8.
    await writeFile(state, Buffer.from(`\ufeff${saved}`, 'utf16le'));
    const again = start(`emulator --state ${state}`);
    await new Promise((resolve) => again.stdout.once('data', resolve));
    again.stop.abort();
    expect(await again.ended).toBe(0);
    expect(await readFile(state, 'utf8')).toContain('"kubenet"');
  });

  it.each([
    ['--scenario nowhere', '--scenario: "nowhere" is not one of default, first-time'],
    ['--state /dev/null/x', 'The emulator cannot start'],
    ['--port -1', '--port'],
    ['--time 0', '--time'],
  ])('refuses %s with exit 2', async (flags, text) => {
    const running = start(`emulator ${flags}`);
    expect(await running.ended).toBe(2);
    expect(running.stderr.read()).toContain(text);
    expect(running.stdout.read()).toBeNull();
  });

  it('refuses a port that is taken', async () => {
    const first = start('emulator');
    const lines = await new Promise<string>((resolve) => first.stdout.once('data', resolve));
    const port = /127\.0\.0\.1:(\d+)/.exec(lines)?.[1];
    expect(await start(`emulator --port ${port}`).ended).toBe(2);
    first.stop.abort();
    expect(await first.ended).toBe(0);
  });
});
