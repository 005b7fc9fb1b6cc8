import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../src/cli/flags/global-flags.ts';
import { commandTree, loadCommand } from '../../src/cli/run/command-tree.ts';
import { type FlagTable, longFlag } from '../../src/flags/flag-table.ts';
import { sourceFiles } from './source-files.ts';

interface Named {
  readonly where: string;
  readonly words: readonly string[];
  readonly flags: readonly string[];
}

/** What a text of ours gives people to type: `podid`, words, and flags with a value or without. */
const typed =
  /\bpodid((?: [a-z]+(?:-[a-z]+)*)+)((?: --[a-z]+(?:-[a-z]+)*(?: (?:[A-Z$][^\s'"`]*|[a-z]+(?=[ '"`])))?)+)/g;

const commands = await Promise.all(commandTree.commands.map(loadCommand));

const named: readonly Named[] = sourceFiles('src').flatMap(({ path, text }) =>
  [...text.matchAll(typed)].map(([, words = '', flags = '']) => ({
    where: path,
    words: words.trim().split(' '),
    flags: flags.match(/--[a-z-]+/g) ?? [],
  })),
);

describe('the commands that texts name with flags', () => {
  it('exist', () => {
    expect(named.length).toBeGreaterThan(20);
    const strange = named.filter((each) => commandOf(each) === undefined);
    expect(strange.map(({ where, words }) => `${where}: podid ${words.join(' ')}`)).toEqual([]);
  });

  it('have those flags', () => {
    const strange = named.flatMap((each) => {
      const command = commandOf(each);
      const flags: FlagTable = { ...globalFlags, ...command?.flags };
      const known = Object.entries(flags).flatMap(([key, { alias }]) => [longFlag(key), `--${alias}`]);
      return each.flags
        .filter((flag) => !known.includes(flag) && flag !== '--help')
        .map((flag) => `${each.where}: podid ${command?.words.join(' ')} ${flag}`);
    });
    expect(strange).toEqual([]);
  });
});

/** The longest command that the words begin with; what follows is prose. */
function commandOf({ words }: Named) {
  return commands
    .filter((command) => command.words.every((word, at) => words[at] === word))
    .toSorted((one, other) => other.words.length - one.words.length)[0];
}
