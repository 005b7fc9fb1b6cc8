import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../src/cli/flags/global-flags.ts';
import { parseCommandLine } from '../../src/cli/run/command-line.ts';
import { commandTree, loadCommand } from '../../src/cli/run/command-tree.ts';
import { type FlagTable, longFlag } from '../../src/flags/flag-table.ts';
import { readFlags, takeWord } from '../../src/flags/read-flags.ts';
import { checkRest } from '../../src/flags/unknown-words.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';
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

describe('the commands that hints are made of', () => {
  const calls = sourceFiles('src').flatMap(({ path, text }) =>
    callsIn(text).map((call) => ({ path, ...call })),
  );

  it('are read by podid, with a word in the place of each value that stands for one', async () => {
    expect(calls.filter(({ name }) => name === 'command').length).toBeGreaterThan(40);
    const strange = await Promise.all(
      calls.map(async ({ path, words, isWhole }) => {
        const faults = await faultsOf(words);
        return faults
          .filter((fault) => isWhole || !/ is missing: /.test(fault))
          .map((fault) => `${path}: podid ${words.join(' ')}: ${fault}`);
      }),
    );
    expect(strange.flat()).toEqual([]);
  });

  it('would be found by this test', async () => {
    const source =
      "command('podid delete --nmae', name); nextCommand('wait', id, { 'forr': 'idle', ...more })";
    const faults = await Promise.all(callsIn(source).map(({ words }) => faultsOf(words)));
    expect(faults.map((each) => each.join(' '))).toEqual([
      expect.stringContaining('no flag --nmae'),
      expect.stringContaining('no flag --forr'),
    ]);
  });
});

interface Call {
  readonly name: string;
  /** After `podid`. */
  readonly words: readonly string[];
  /** All of its words are seen here, none is spread or added elsewhere. */
  readonly isWhole: boolean;
}

/** `command('podid …', …)`, and `nextCommand('…', cluster, { flag: value })`, which names the cluster by itself. */
function callsIn(source: string): Call[] {
  const starts = [...source.matchAll(/\b(command|nextCommand)\((?=\s*'(podid )?[a-z])/g)];
  return starts.flatMap(({ index, 0: begin, 1: name = '', 2: program }) => {
    const args = argumentsAt(source, index + begin.length);
    if ((name === 'command') !== (program !== undefined)) {
      return [];
    }
    const [first = '', ...others] = args.texts;
    const head = literalOf(first)?.replace(/^podid /, '') ?? '';
    const after = source.slice(args.end, args.end + 6);
    if (name === 'command') {
      const words = others.flatMap((each) =>
        each.startsWith('...') ? [] : (literalOf(each) ?? 'x').split(' '),
      );
      const isWhole = !others.some((each) => each.startsWith('...')) && !/^\.(?:again|with)/.test(after);
      return [{ name, words: [...head.split(' '), ...words], isWhole }];
    }
    const [, flags = ''] = others;
    const keys = flags.startsWith('{')
      ? argumentsAt(flags, 1).texts.map((each) => /^'?([\w-]+)'?(?:\s*:|$)/.exec(each)?.[1] ?? '')
      : [];
    const named = keys.filter(Boolean).map((key) => (key.length === 1 ? `-${key}` : `--${key}`));
    return [{ name, words: [...head.split(' '), ...named], isWhole: false }];
  });
}

/** The texts between commas up to the bracket that closes, and where that ends. */
function argumentsAt(source: string, start: number): { readonly texts: string[]; readonly end: number } {
  const texts: string[] = [];
  let depth = 0;
  let quote = '';
  let from = start;
  for (let at = start; at < source.length; at++) {
    const letter = source[at] ?? '';
    if (quote !== '') {
      quote = letter === quote ? '' : quote;
      at += letter === '\\' ? 1 : 0;
    } else if (/['"`]/.test(letter)) {
      quote = letter;
    } else if (/[([{]/.test(letter)) {
      depth++;
    } else if (/[)\]}]/.test(letter) && depth === 0) {
      texts.push(source.slice(from, at).trim());
      return { texts: texts.filter(Boolean), end: at + 1 };
    } else if (/[)\]}]/.test(letter)) {
      depth--;
    } else if (letter === ',' && depth === 0) {
      texts.push(source.slice(from, at).trim());
      from = at + 1;
    }
  }
  return { texts: [], end: source.length };
}

function literalOf(text: string): string | undefined {
  return /^'([^']*)'$/.exec(text)?.[1];
}

/** What podid finds wrong with the words, but for what a value is: that of a flag may be a mere `x` here. */
async function faultsOf(words: readonly string[]): Promise<string[]> {
  const line = await parseCommandLine(commandTree, words);
  if (line.command === undefined) {
    return ['there is no such command'];
  }
  const faults = new UsageFaults();
  const flags = { ...globalFlags, ...line.command.flags };
  const isHelp = line.occurrences.some(({ key }) => key === 'help');
  readFlags(flags, line.occurrences, faults);
  const first = takeWord(line.rest, line.command.word, faults);
  const second = takeWord(first.rest, line.command.secondWord, faults);
  checkRest(second.rest, flags, line.command.misnamed ?? {}, faults);
  return faults.messages.filter(
    (each) => !/ needs a value: |: "x" is not /.test(each) && !(isHelp && / is missing: /.test(each)),
  );
}

/** The longest command that the words begin with; what follows is prose. */
function commandOf({ words }: Named) {
  return commands
    .filter((command) => command.words.every((word, at) => words[at] === word))
    .toSorted((one, other) => other.words.length - one.words.length)[0];
}
