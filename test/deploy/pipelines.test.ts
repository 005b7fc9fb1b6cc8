import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { read, yamlIn } from './renders.ts';

interface Job {
  readonly 'runs-on'?: string;
  readonly uses?: string;
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string }[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
}

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
    const others = uses.filter((action) => !action.startsWith('github/codeql-action/'));
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
  const { jobs } = parse(read(`${folder}/release.yaml`)) as { jobs: Record<string, Job> };

  it('wants an owner first, then every ring, and publishes after that', () => {
    expect(jobs['check']?.steps?.some(({ run }) => run === 'node scripts/write-names.mjs --release')).toBe(
      true,
    );
    expect(jobs['test']).toMatchObject({ needs: 'check', uses: './.github/workflows/ci.yaml' });
    expect(jobs['image']?.needs).toBe('test');
    expect(jobs['files']?.needs).toBe('image');
  });
});

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
