import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../src/cli/flags/global-flags.ts';
import { commandTree, loadCommand } from '../../src/cli/run/command-tree.ts';
import { errorCatalog } from '../../src/errors/error-catalog.ts';
import { longFlag } from '../../src/flags/flag-table.ts';
import { root } from '../architecture/source-files.ts';

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
  it('of the commands lead to pages that exist', () => {
    for (const [, target = ''] of page('docs/commands/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)) {
      expect(existsSync(join(root, 'docs/commands', target)), target).toBe(true);
    }
  });
});
