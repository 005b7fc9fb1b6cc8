import { Option, Command as Parser } from 'commander';
import { type FlagTable, longFlag } from '../../flags/flag-table.ts';
import type { Occurrence } from '../../flags/read-flags.ts';
import { globalFlags } from '../flags/global-flags.ts';
import type { Command, CommandEntry, CommandGroup, CommandTree } from './command-spec.ts';
import { loadCommand } from './command-tree.ts';

export interface CommandLine {
  /** Undefined where the words lead to no command. */
  readonly command: Command | undefined;
  /** Of the words as far as they are known; the empty one is podid itself. */
  readonly group: CommandGroup;
  readonly occurrences: readonly Occurrence[];
  /** What is neither a known word nor a known flag, in order. */
  readonly rest: readonly string[];
  /** The first word was `help`. */
  readonly afterHelp: boolean;
}

/**
 * Takes a command line apart, and judges nothing: commander's own checks end at the first fault, so every
 * value is optional here and whatever is unknown is kept for `readFlags` to report.
 */
export async function parseCommandLine(tree: CommandTree, argv: readonly string[]): Promise<CommandLine> {
  const occurrences: Occurrence[] = [];
  const afterHelp = argv[0] === 'help';
  let line: CommandLine = { command: undefined, group: tree.root, occurrences, rest: [], afterHelp };
  const program = permissive(new Parser('podid'));
  listen(program, globalFlags, occurrences);

  const entries = new Map<Parser, CommandEntry>();
  // Of all commands, only the one that is typed is loaded, once its words are known and before its flags are
  // read.
  const load = async (parser: Parser): Promise<void> => {
    const entry = entries.get(parser);
    if (entry === undefined) {
      return;
    }
    const command = await loadCommand(entry);
    listen(parser, command.flags, occurrences);
    parser.action(() => {
      const rest = takeWordsOf(command, parser.args, occurrences);
      line = { command, group: tree.root, occurrences, rest, afterHelp };
    });
  };
  const groups = new Map<string, Parser>([['', program]]);
  // A parser takes Node a moment to make, and of a command that was not typed nobody would ask it.
  const isTyped = ({ words, alias }: { readonly words: readonly string[]; readonly alias?: string }) =>
    words.every(
      (word, at) =>
        argv.includes(word) || (alias !== undefined && at === words.length - 1 && argv.includes(alias)),
    );
  for (const group of [tree.root, ...tree.groups].filter(isTyped)) {
    const parent = groups.get(group.words.slice(0, -1).join(' ')) ?? program;
    const command = group.words.length === 0 ? program : permissive(parent.command(group.words.at(-1) ?? ''));
    groups.set(group.words.join(' '), command);
    command.hook('preSubcommand', (_, subcommand) => load(subcommand));
    command.action(() => {
      line = { command: undefined, group, occurrences, rest: command.args, afterHelp };
    });
  }
  for (const entry of tree.commands.filter(isTyped)) {
    const parent = groups.get(entry.words.slice(0, -1).join(' ')) ?? program;
    const command = permissive(parent.command(entry.words.at(-1) ?? ''));
    entries.set(entry.alias === undefined ? command : command.alias(entry.alias), entry);
  }
  // `podid help add` is `podid add --help`.
  const typed = afterHelp ? [...argv.slice(1), '--help'] : [...argv];
  // `-g=NAME` is `-g NAME` to az and kubectl; commander would take the sign for a part of the value.
  const words = typed.map((word) => word.replace(/^(-[A-Za-z])=(?=.)/s, '$1'));
  await program.parseAsync(words, { from: 'user' });
  return line;
}

/** Words that stand for values of a flag become those; what follows a flag that nobody knows may be its value. */
function takeWordsOf(
  { wordsOf: key }: Command,
  words: readonly string[],
  occurrences: Occurrence[],
): readonly string[] {
  if (key === undefined) {
    return words;
  }
  const isValue = (word: string, at: number) =>
    /^[\p{L}\p{N}]/u.test(word) && !/^(?:help|version)$/.test(word) && !/^-[^=]+$/.test(words[at - 1] ?? '');
  for (const value of words.filter(isValue)) {
    occurrences.push({ key, value });
  }
  return words.filter((word, at) => !isValue(word, at));
}

function permissive(command: Parser): Parser {
  return command
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .helpCommand(false)
    .exitOverride();
}

function listen(command: Parser, flags: FlagTable, occurrences: Occurrence[]): void {
  for (const [key, flag] of Object.entries(flags)) {
    const names = [flag.short && `-${flag.short}`, longFlag(key)].filter(Boolean).join(', ');
    const value = { switch: '', text: ' [value]', integer: ' [value]', list: ' [values...]' }[flag.kind];
    const heard = flag.alias === undefined ? [names] : [names, `--${flag.alias}`];
    for (const each of heard) {
      // commander takes `--no-x` for the negation of `--x`; here it is a flag like others, so its name is
      // spelled out.
      const option = new Option(`${each}${value}`);
      option.negate = false;
      command.addOption(option);
      command.on(`option:${option.name()}`, (given: string | null | undefined) => {
        occurrences.push({ key, value: given ?? null });
      });
    }
  }
}
