import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../architecture/source-files.ts';
import { read, yamlIn } from './renders.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly 'runs-on'?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
}

const { platforms }: { platforms: readonly string[] } = await import(
  pathToFileURL(join(root, 'scripts/release-archives.mjs')).href
);
const { version } = JSON.parse(read('package.json'));
const folder = '.github/workflows';
const workflows = yamlIn(folder).map((name) => ({ name, workflow: parse(read(`${folder}/${name}`)) }));
const jobsOf = (workflow: { jobs: Record<string, Job> }) => Object.values(workflow.jobs);

describe.each(workflows)('$name', ({ workflow }) => {
  it('has no rights but those that a job names', () => {
    expect(workflow.permissions).toEqual({});
    expect(jobsOf(workflow).filter((job) => job.permissions === undefined)).toEqual([]);
  });

  it('runs actions of one commit each, but for CodeQL, whose queries come with its version', () => {
    const uses = jobsOf(workflow).flatMap((job) => (job.steps ?? []).flatMap((step) => step.uses ?? []));
    const others = uses.filter((action) => !/^(?:github\/codeql-action|\.)\//.test(action));
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
  });
});

describe('a pull request', () => {
  const { test } = parse(read(`${folder}/ci.yaml`)).jobs as { test: Job };

  it('passes checks and tests on each Node and system that podid supports', () => {
    expect(test.strategy?.matrix['node']).toEqual([20, 22, 24]);
    const systems = test.strategy?.matrix['os']?.map((os) => String(os).split('-')[0]);
    expect(systems).toEqual(['ubuntu', 'macos', 'windows']);
    expect(test.steps?.flatMap(({ run }) => run ?? [])).toEqual(['npm ci', 'npm run check', 'npm test']);
  });
});

describe('a release', () => {
  const { jobs, defaults } = parse(read(`${folder}/release.yaml`)) as {
    jobs: Record<string, Job>;
    defaults?: unknown;
  };

  const stepsOf = (name: string) => jobs[name]?.steps ?? [];
  const stepOf = (name: string, words: string): string =>
    stepsOf(name).find((step) => step.name === words)?.run ?? '';

  it('wants names, version, notes and recent bases first, then every ring, and makes things after that', () => {
    const checks = stepsOf('check').flatMap(({ run }) => run ?? []);
    expect(checks).toEqual(
      expect.arrayContaining([
        'node scripts/write-names.mjs --release',
        'node scripts/release-notes.mjs',
        'node scripts/image-pins.mjs --check',
      ]),
    );
    expect(jobs['test']).toMatchObject({ needs: 'check', uses: './.github/workflows/ci.yaml' });
    for (const name of ['package', 'executable', 'image-of-processor']) {
      expect(jobs[name]?.needs).toEqual(['check', 'test']);
    }
    expect(jobs['files']?.needs).toEqual(['check', 'package', 'executable', 'image']);
    expect(jobs['publish']?.needs).toEqual(['files', 'npm']);
  });

  it('builds each processor where it is, and an executable for each archive', () => {
    const systems = (name: string) => {
      const included = (jobs[name]?.strategy?.matrix['include'] ?? []) as { os: string; processor: string }[];
      return included.map(({ os, processor }) => `${os} ${processor}`);
    };
    expect(systems('image-of-processor')).toEqual(['ubuntu-24.04 amd64', 'ubuntu-24.04-arm arm64']);
    expect(systems('executable')).toHaveLength(platforms.length);
  });

  it('gives no job but that of npm what npm trusts, and that job no secret', () => {
    const { npm } = jobs;
    expect(npm).toMatchObject({
      environment: 'npm',
      if: "vars.NPM_TRUSTS_RELEASE == 'true'",
      permissions: { contents: 'read', 'id-token': 'write' },
    });
    expect(JSON.stringify(npm)).not.toMatch(/secrets\.|_TOKEN/);
    const withEnvironment = Object.entries(jobs).filter(([, job]) => 'environment' in job);
    expect(withEnvironment.map(([name]) => name)).toEqual(['npm']);
  });

  it('runs no program of a package where it may sign or write to the release', () => {
    const strong = Object.values(jobs).filter(
      ({ permissions = {} }) => permissions['id-token'] === 'write' || permissions['contents'] === 'write',
    );
    const installs = strong.flatMap(({ steps = [] }) => steps.map(({ run = '' }) => run));
    expect(installs.filter((run) => /^npm ci\b/m.test(run))).toEqual(['npm ci --ignore-scripts']);
  });

  it('fails with any part of a pipe', () => {
    expect(defaults).toEqual({ run: { shell: 'bash' } });
  });

  it.each([
    ['v9.9.9', 1, 'The tag is v9.9.9, and package.json has the version'],
    [`v${version}`, 0, ''],
  ])('of the tag %s ends its first check with %d', (tag, code, said) => {
    const { status, stdout } = inBash(
      stepOf('check', 'The tag is the version of package.json and of the chart'),
      { tag },
    );
    expect(status).toBe(code);
    expect(stdout).toContain(said);
  });

  it.each([
    ['released', 'echo false', 1],
    ['a draft', 'echo true', 0],
    ['not there', 'echo release not found >&2; exit 1', 0],
  ])('whose page is %s goes on only where nobody has it yet', (_, gh, code) => {
    const { status, stdout } = inBash(stepOf('check', 'The version is not released yet'), { gh });
    expect(status).toBe(code);
    expect(stdout.includes('stays as it is')).toBe(code === 1);
  });

  it.each([
    [
      'a first time',
      'exit 1',
      /^release create v9.9.9 --draft --verify-tag .*\nrelease upload v9.9.9 .*--clobber\n$/,
    ],
    ['again', 'exit 0', /^release edit v9.9.9 .*\nrelease upload v9.9.9 .*--clobber\n$/],
  ])('puts its files into a draft, %s', (_, view, calls) => {
    const gh = `if [ "$2" = view ]; then ${view}; fi; echo "$@" >> gh-calls`;
    const script = `rm -f gh-calls; node() { echo notes; }; ${stepOf('files', 'Put the files into the release, a draft as yet')}\ncat gh-calls`;
    const { status, stdout } = inBash(script, { gh, tag: 'v9.9.9', folder: temporary() });
    expect(status).toBe(0);
    expect(stdout).toMatch(calls);
  });
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'podid-pipelines-'));
  folders.push(folder);
  return folder;
}

/** As a runner runs a step, with a program `gh` that does what the text says. */
function inBash(script: string, { tag = 'v1.2.3', gh = 'exit 1', folder = root } = {}) {
  const programs = temporary();
  writeFileSync(join(programs, 'gh'), `#!/bin/sh\n${gh}\n`, { mode: 0o755 });
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${programs}:${process.env['PATH']}`, TAG: tag, GITHUB_REPOSITORY: 'contoso/podid' },
  });
}

describe('Renovate', () => {
  const { customManagers } = JSON.parse(read('.github/renovate.json')) as {
    customManagers: { matchStrings: string[]; managerFilePatterns: string[] }[];
  };

  it('finds the version of each base of the image', () => {
    const dockerfile = read('deploy/Dockerfile');
    const versions = [...dockerfile.matchAll(/^ARG (?:NODE|DEBIAN)_VERSION=(.+)$/gm)].map(
      ([, value]) => value,
    );
    const found = customManagers
      .filter(({ managerFilePatterns }) => managerFilePatterns.includes('deploy/Dockerfile'))
      .flatMap(({ matchStrings }) => matchStrings)
      .map((pattern) => new RegExp(pattern).exec(dockerfile)?.groups?.['currentValue']);
    expect(versions).toHaveLength(2);
    expect(found).toEqual(versions);
  });
});
