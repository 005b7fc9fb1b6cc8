import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../architecture/source-files.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const page = read('docs/publishing.md');
const { jobs } = parse(read('.github/workflows/release.yaml')) as {
  jobs: Record<string, { environment?: string; if?: string }>;
};

describe('docs/publishing.md', () => {
  it('says of each job that makes something what a second run of it does', () => {
    const table = page.slice(page.indexOf('| job | a second time |'));
    const named = [...table.matchAll(/^\| (`.*`) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
    );
    const harmless = ['check', 'test', 'package', 'executable'];
    expect(named.toSorted()).toEqual(
      Object.keys(jobs)
        .filter((name) => !harmless.includes(name))
        .toSorted(),
    );
  });

  it('has npm trust the very workflow and environment that publish', () => {
    const [, file, environment] = /npm trust github .* --file (\S+) --environment (\S+)/.exec(page) ?? [];
    expect(file).toBe('release.yaml');
    expect(jobs['npm']?.environment).toBe(environment);
    expect(page).toContain(`environments/${environment} `);
    const [, variable] = /gh variable set (\w+) --body true/.exec(page) ?? [];
    expect(jobs['npm']?.if).toBe(`vars.${variable} == 'true'`);
  });

  it('asks of a change the checks by the names that they have', () => {
    const { matrix } = parse(read('.github/workflows/ci.yaml')).jobs.test.strategy;
    const bodies = [...page.matchAll(/<<'JSON'\n([\s\S]*?)\n\s*JSON$/gm)].map(([, body = '']) =>
      JSON.parse(body.replace('YOUR-ID', '7')),
    );
    expect(bodies).toHaveLength(3);
    const { contexts } = bodies[0].required_status_checks;
    expect(contexts).toEqual(matrix.os.map((os: string) => `${os}, Node ${matrix.node[0]}`));
  });

  it('names every name that a release wants', () => {
    const { config } = JSON.parse(read('package.json'));
    const [, names = ''] = /npm pkg set (.*)/.exec(page) ?? [];
    expect([...names.matchAll(/config\.(\w+)=/g)].map(([, name]) => name)).toEqual(Object.keys(config));
  });
});
