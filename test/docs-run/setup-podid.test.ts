import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../architecture/source-files.ts';
import { packRelease, version } from './release-archive.ts';

const run = promisify(execFile);
const folderOfAction = '.github/actions/setup-podid';
const action = parse(await readFile(join(root, folderOfAction, 'action.yml'), 'utf8'));
const [step] = action.runs.steps;

/** As GitHub names this machine. */
const runner = {
  RUNNER_OS: { darwin: 'macOS', win32: 'Windows' }[process.platform as string] ?? 'Linux',
  RUNNER_ARCH: process.arch.toUpperCase(),
};

let folder = '';
let archive = '';
let server: Server;
/** What the server does with a request, where a test wants it to do something else than to send the file. */
let instead: ((name: string, response: ServerResponse, file: Buffer) => boolean) | undefined;
let asked: string[] = [];
/** Of one test: what the runner makes for a job. */
let job = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-setup-'));
  archive = await packRelease(join(folder, `v${version}`));
  server = createServer(async ({ url = '' }, response) => {
    asked.push(url);
    const file = await readFile(join(folder, url)).catch(() => undefined);
    if (file === undefined) {
      response.writeHead(404).end('Not Found');
    } else if (!instead?.(basename(url), response, file)) {
      response.writeHead(200, { 'content-length': file.length }).end(file);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  instead = undefined;
  asked = [];
  job = await mkdtemp(join(folder, 'job-'));
  await mkdir(join(job, 'temp'));
  await mkdir(join(job, 'tools'));
  await Promise.all(['path', 'output'].map((name) => writeFile(join(job, name), '')));
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** As the runner does it: the step's own line in a bash, with its inputs as action.yml passes them on. */
async function setUp(
  inputs: { version?: string; from?: string } = {},
  more: Readonly<Record<string, string>> = {},
  actionPath = join(root, folderOfAction),
) {
  const from = `${address()}/`;
  const given: Record<string, string> = { version: '', from, ...inputs };
  const env = Object.fromEntries(
    Object.entries<string>(step.env).map(([name, text]) => [
      name,
      text.replace(/\$\{\{ inputs\.(\w+) \}\}/, (_, input: string) => given[input] ?? ''),
    ]),
  );
  const { code, stdout } = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
    env: {
      PATH: process.env['PATH'],
      HOME: job,
      GITHUB_ACTION_PATH: actionPath,
      GITHUB_PATH: join(job, 'path'),
      GITHUB_OUTPUT: join(job, 'output'),
      RUNNER_TEMP: join(job, 'temp'),
      RUNNER_TOOL_CACHE: join(job, 'tools'),
      ...runner,
      ...env,
      ...more,
    },
  }).then(
    (ended) => ({ code: 0, stdout: ended.stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  const path = (await readFile(join(job, 'path'), 'utf8')).trim();
  return { code, stdout, path };
}

async function expectNothing({ code, path }: { code: number; path: string }): Promise<void> {
  expect({ code, path, output: await readFile(join(job, 'output'), 'utf8') }).toEqual({
    code: 1,
    path: '',
    output: '',
  });
  expect(await readdir(join(job, 'tools'), { recursive: true })).toEqual([]);
  expect(await readdir(join(job, 'temp'))).toEqual([]);
}

/** In a repository of its own, whose owner that is. */
async function copyOfAction(owner: string): Promise<string> {
  const copy = join(job, 'repository');
  await cp(join(root, folderOfAction), join(copy, folderOfAction), { recursive: true });
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  const owned = manifest.replace(/(?<=github\.com\/)[\w-]+(?=\/podid#)/, owner);
  await writeFile(join(copy, 'package.json'), owned);
  return join(copy, folderOfAction);
}

describe('the action setup-podid', () => {
  it("puts the action's own version of podid on PATH, and downloads it once where tools are kept", async () => {
    const first = await setUp();
    expect(first.code, first.stdout).toBe(0);
    expect(await readFile(join(job, 'output'), 'utf8')).toBe(`version=${version}\npath=${first.path}\n`);
    const { stdout } = await run('podid', ['--version'], { env: { PATH: first.path } });
    expect(stdout.trim()).toBe(version);
    expect(await readdir(first.path)).toEqual(expect.arrayContaining(['LICENSE', 'THIRD_PARTY_NOTICES.txt']));
    expect(asked).toHaveLength(2);
    await writeFile(join(job, 'path'), '');
    expect(await setUp({ version: `v${version}` })).toMatchObject({ code: 0, path: first.path });
    expect(asked).toHaveLength(2);
  });

  it('comes over a server that is away for a moment', async () => {
    let away = 1;
    instead = (_, response) => {
      away -= 1;
      return away >= 0 && Boolean(response.writeHead(503).end());
    };
    expect(await setUp()).toMatchObject({ code: 0 });
  });

  it("takes the releases of the repository that it is in, by the owner's name there", async () => {
    await writeFile(join(job, 'curl'), '#!/bin/sh\necho "no network: $*" >&2\nexit 6\n', { mode: 0o755 });
    const path = `${job}${delimiter}${process.env['PATH']}`;
    const result = await setUp({ from: '' }, { PATH: path }, await copyOfAction('contoso'));
    await expectNothing(result);
    expect(result.stdout).toContain(
      `::https://github.com/contoso/podid/releases/download/v${version}/SHA256SUMS cannot be downloaded: no network`,
    );
  });

  describe('refuses, and puts nothing on PATH:', () => {
    it('a version that was not released', async () => {
      const result = await setUp({ version: '9.9.9' });
      await expectNothing(result);
      expect(result.stdout).toMatch(
        /^::error title=setup-podid::There is no http:\S+\/v9\.9\.9\/SHA256SUMS\. Is 9\.9\.9 a version of podid that has been released\?$/m,
      );
    });

    it.each(['latest', '1', '0.1.0/../..', '0.1.0 x'])('the version %s', async (named) => {
      const result = await setUp({ version: named });
      await expectNothing(result);
      expect(result.stdout).toContain(`The version is "${named}"`);
      expect(asked).toEqual([]);
    });

    it('a version of several lines, of which GitHub takes none for a command', async () => {
      const result = await setUp({ version: '100%\r\n::warning::made up' });
      await expectNothing(result);
      expect(result.stdout).toMatch(
        /^::error title=setup-podid::The version is "100%25%0D%0A::warning::made up", .*\n$/,
      );
    });

    it('a file with another checksum', async () => {
      instead = (name, response, file) =>
        name === basename(archive) &&
        Boolean(response.writeHead(200).end(Buffer.concat([file, Buffer.of(0)])));
      const result = await setUp();
      await expectNothing(result);
      expect(result.stdout).toMatch(/is not the file that was released: its SHA-256 is \w{64}, and/);
    });

    it('a download that is cut each time', async () => {
      instead = (name, response, file) => {
        if (name !== basename(archive)) {
          return false;
        }
        response.writeHead(200, { 'content-length': file.length });
        response.write(file.subarray(0, 1000), () => response.destroy());
        return true;
      };
      const result = await setUp();
      await expectNothing(result);
      expect(result.stdout).toContain(`${basename(archive)} cannot be downloaded: curl: (18)`);
      expect(asked.filter((url) => url.endsWith(basename(archive)))).toHaveLength(3);
    });

    it('a server that refuses', async () => {
      instead = (_, response) => Boolean(response.writeHead(403).end());
      const result = await setUp();
      await expectNothing(result);
      expect(result.stdout).toContain('the server answers with 403');
    });

    it('a runner that no executable is for', async () => {
      const result = await setUp({}, { RUNNER_OS: 'Windows', RUNNER_ARCH: 'ARM64' });
      await expectNothing(result);
      expect(result.stdout).toContain('podid has no executable for this runner (Windows, ARM64)');
      expect(asked).toEqual([]);
    });

    it('a release that lacks the archive', async () => {
      instead = (name, response) => name === 'SHA256SUMS' && Boolean(response.writeHead(200).end('\n'));
      const result = await setUp();
      await expectNothing(result);
      expect(result.stdout).toContain(`The release v${version} has no ${basename(archive)}.`);
    });

    it('to guess, in a copy that does not say whose releases it installs', async () => {
      const result = await setUp({ from: '' }, {}, await copyOfAction('OWNER'));
      await expectNothing(result);
      expect(result.stdout).toContain('does not say whose releases it installs');
    });
  });
});

describe('what docs/get-podid.md has people type to take podid from a release', () => {
  it('puts podid where they say, by both of its names', async () => {
    const page = await readFile(join(root, 'docs/get-podid.md'), 'utf8');
    const [block = ''] = page.match(/(?<=^```sh\n)release=[\s\S]*?(?=^```$)/m) ?? [];
    const platform = basename(archive).replace(/^podid_[^_]+_|\.(?:tar\.gz|zip)$/g, '');
    const lines = block
      .replaceAll('https://github.com/OWNER/podid/releases/download', address())
      .replaceAll('VERSION', version)
      .replaceAll('linux_amd64', platform)
      .replaceAll('/usr/local/bin', join(job, 'tools'))
      .replaceAll('sudo ', '');
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', lines], { cwd: job });
    expect(stdout).toBe(`${basename(archive)}: OK\n`);
    for (const name of ['podid', 'kubectl-podid']) {
      const { stdout: runs } = await run(join(job, 'tools', name), ['--version'], { env: {} });
      expect(runs.trim()).toBe(version);
    }
  });
});
