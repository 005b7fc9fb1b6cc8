import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

const files = sourceFiles('src');

/** Where a file reads the process's surroundings, and the one place that sets its exit code; and a script of a pod's own process. */
const mayReadEnvironment =
  /^src\/(?:cli\/run\/context\.ts|.*-settings\.ts|workflows\/migrate\/exchange-script\.ts)$/;
const drawers = /^(?:utils?|helpers?|common|shared|types|index|misc)\.ts$/;

/** The ways a newcomer walks first; docs/architecture.md prints them. */
const walks = {
  'podid add': [
    'bin/podid.js',
    'src/cli/run/program.ts',
    'src/commands/add.ts',
    'src/validate/flags/add-options.ts',
    'src/workflows/entries/add-identity.ts',
    'src/arm/clusters/clusters.ts',
  ],
  'a token request': [
    'src/nmi/http/server.ts',
    'src/nmi/http/routes/token.ts',
    'src/nmi/cluster/pod-lookup.ts',
    'src/nmi/decide/choose-identity.ts',
    'src/nmi/tokens/token-cache.ts',
  ],
  'an assignment': [
    'src/mic/run-mic.ts',
    'src/mic/cluster/assignment-keeper.ts',
    'src/domain/standard-mode/desired-assignments.ts',
    'src/mic/machines/machine-worker.ts',
    'src/mic/decide/plan-machine.ts',
    'src/arm/machines/patch-identities.ts',
  ],
  'podid nmi install': [
    'src/commands/nmi/install.ts',
    'src/validate/files/values/agent-values.ts',
    'src/workflows/agent/install/install-agent.ts',
    'src/workflows/agent/choose-way.ts',
    'src/k8s/agent-objects/render-agent.ts',
    'src/k8s/objects/settle-object.ts',
  ],
};

describe('the source files', () => {
  it('are called after what they hold, in kebab-case, and none is a drawer', () => {
    const odd = files
      .map((file) => file.path)
      .filter(
        (path) => drawers.test(basename(path)) || !/^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(basename(path)),
      );
    expect(odd).toEqual([]);
  });

  it('read process.env in settings and in the context alone', () => {
    const readers = files
      .filter((file) => /\bprocess\.env\b|=\s*process\b(?!\s*\.)/.test(file.text))
      .map((file) => file.path);
    expect(readers.filter((path) => !mayReadEnvironment.test(path))).toEqual([]);
    expect(readers).toContain('src/cli/run/context.ts');
  });

  it.each([
    ['end the process themselves', /\bprocess\.exit\(/],
    ['write to the console', /\bconsole\.\w+\(/],
    ['export a default', /^export default\b/m],
    ['declare an enum or a namespace', /^(?:export )?(?:const )?(?:enum|namespace) /m],
    ['leave something to do', /\b(?:TODO|FIXME|XXX)\b/],
    ['spread an object that is written on the spot', /\.\.\.\{/],
    ['import without the suffix', /from '\.{1,2}\/[^']*(?<!\.ts|\.schema\.json)'/],
  ])('never %s', (_, pattern) => {
    expect(files.filter((file) => pattern.test(file.text)).map((file) => file.path)).toEqual([]);
  });

  it('stay small: the median near 60 lines, none beyond 400', () => {
    const lines = files.map((file) => file.text.split('\n').length).sort((one, other) => one - other);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(80);
    // A table of the commands: it has a few lines for each, and nothing to read in one go.
    const tables = ['src/cli/run/command-tree.ts'];
    const prose = files.filter(({ path }) => !tables.includes(path));
    expect(prose.filter((file) => file.text.split('\n').length > 400).map((file) => file.path)).toEqual([]);
  });
});

describe('the folders of the sources', () => {
  it('hold at most 20 files, so that one looks through them at a glance', () => {
    const sizes = new Map<string, number>();
    for (const { path } of files) {
      sizes.set(dirname(path), (sizes.get(dirname(path)) ?? 0) + 1);
    }
    // One file for each check; and one for each word that users type, which the contract decides.
    const exempt = ['src/workflows/doctor/checks', 'src/commands'];
    expect([...sizes].filter(([folder, size]) => size > 20 && !exempt.includes(folder))).toEqual([]);
  });
});

describe('the walks', () => {
  it.each(Object.entries(walks))('of %s lead through files that exist', (_, paths) => {
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each(Object.entries(walks))('of %s stand in docs/architecture.md', (_, paths) => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    expect(paths.filter((path) => !page.includes(path.replace(/^src\//, '')))).toEqual([]);
  });
});

describe('the documents', () => {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );

  it('name no file of ours that is not there', () => {
    const named = pages.flatMap((page) => {
      const text = readFileSync(join(root, 'docs', page), 'utf8');
      return [...text.matchAll(/`((?:src|test|scripts|deploy|bench)\/[\w./-]+)`/g)].map(
        (match) => match[1] ?? '',
      );
    });
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
