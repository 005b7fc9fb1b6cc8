import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../src/cli/flags/global-flags.ts';
import { commandTree, loadCommand } from '../../src/cli/run/command-tree.ts';
import { errorCatalog } from '../../src/errors/error-catalog.ts';
import { longFlag } from '../../src/flags/flag-table.ts';
import { root } from '../architecture/source-files.ts';
import { documents } from '../docs-run/run-page.ts';
import { anchorsOf, isLinkThere } from './link-target.ts';

const commands = await Promise.all(commandTree.commands.map(loadCommand));

const page = (path: string) => readFileSync(join(root, path), 'utf8');

describe('every command', () => {
  it.each(commands.map((command) => [command.words.join(' '), command] as const))(
    '%s has a summary, an example of its own and a page with its flags',
    (name, command) => {
      expect(command.summary).toMatch(/^[a-z].*[^.]$/);
      expect(command.description).toMatch(/\.$/);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const { line } of command.examples) {
        expect(line.startsWith(`podid ${name}`)).toBe(true);
      }
      const text = page(`docs/commands/${command.words.join('-')}.md`);
      for (const key of Object.keys(command.flags)) {
        expect(text).toContain(longFlag(key));
      }
    },
  );

  it('has flags that no other flag of it or of every command shadows', () => {
    for (const command of commands) {
      const all = [...Object.entries(globalFlags), ...Object.entries(command.flags)];
      const names = all.flatMap(([key, flag]) => [
        longFlag(key),
        ...('short' in flag && flag.short ? [`-${flag.short}`] : []),
        ...('alias' in flag && flag.alias ? [`--${flag.alias}`] : []),
      ]);
      expect(new Set(names).size, command.words.join(' ')).toBe(names.length);
    }
  });
});

describe('docs/errors.md', () => {
  const codes = [...page('docs/errors.md').matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];

  it('names every error code with its exit code, and no other', () => {
    expect(Object.fromEntries(codes.map(([, code, exit]) => [code, Number(exit)]))).toEqual(
      Object.fromEntries(Object.entries(errorCatalog).map(([code, { exitCode }]) => [code, exitCode])),
    );
  });
});

describe('links between pages', () => {
  const all = [
    ...documents,
    'deploy/chart/README.md',
    ...readdirSync(join(root, 'docs/commands')).map((name) => `docs/commands/${name}`),
  ];
  it.each(all)('of %s lead to pages, and to headings, that are there', (path) => {
    const links = [...page(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    const own = path.split('/').at(-1) ?? '';
    const broken = links.filter(
      (link) => !isLinkThere(dirname(path), link.startsWith('#') ? `${own}${link}` : link),
    );
    expect(broken).toEqual([]);
  });

  it('would be found broken', () => {
    expect(isLinkThere('docs', 'modes.md#no-such-place')).toBe(false);
    expect([...anchorsOf("# A's *b*: `c`\n## A's b: c\n")]).toEqual(['as-b-c', 'as-b-c-1']);
  });
});
