import { hintAfter, podidCommand, type TypedFlag } from '../../domain/hints/next-command.ts';
import { type Hint, hintText } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { type FlagSpec, type FlagTable, longFlag } from '../../flags/flag-table.ts';
import { type Occurrence, readFlags, takeWord } from '../../flags/read-flags.ts';
import { checkRest, strayWordText } from '../../flags/unknown-words.ts';
import { errorReport } from '../../terminal/report-error.ts';
import { asciiSigns } from '../../terminal/signs.ts';
import { nearestWord } from '../../validate/nearest-word.ts';
import { quoted, UsageFaults } from '../../validate/usage-faults.ts';
import { completeWord, refreshWord } from '../completion/typed-words.ts';
import { globalFlags } from '../flags/global-flags.ts';
import { type CommandLine, parseCommandLine } from './command-line.ts';
import type { Command } from './command-spec.ts';
import { commandTree, reachOf } from './command-tree.ts';
import type { Context } from './context.ts';
import { addFlagBefore, meantCommand, nextWords } from './meant-command.ts';
import { modeOfEnvironment } from './mode-of-environment.ts';
import { coloursOf, type GlobalValues, openSession } from './session.ts';

/**
 * Runs one command line to its end, and is where every error ends: reported on stderr, its exit code
 * returned.
 */
export async function runProgram(argv: readonly string[], context: Context): Promise<number> {
  const asked = await answerShell(argv, context);
  if (asked !== undefined) {
    return asked;
  }
  const line = await parseCommandLine(commandTree, argv);
  const faults = new UsageFaults();
  const global = readFlags(globalFlags, line.occurrences, faults);
  let known = context;
  try {
    known = await withOwnSettings(line, context, global);
    return await answer(line, known, global, faults);
  } catch (error) {
    return await report(error, known, { global, line });
  }
}

/** For a command that runs; those that see to the settings themselves look past them. */
async function withOwnSettings(
  { command }: CommandLine,
  context: Context,
  global: GlobalValues,
): Promise<Context> {
  if (command === undefined || command.words[0] === 'config' || global.help || global.version) {
    return context;
  }
  const { withConfig } = await import('../config/with-config.ts');
  return await withConfig(context);
}

async function answer(
  line: CommandLine,
  context: Context,
  global: GlobalValues,
  faults: UsageFaults,
): Promise<number> {
  if (global.version) {
    return await print(context, `${context.version}\n`);
  }
  if (line.command === undefined) {
    return await answerGroup(line, context, global, faults);
  }
  if (global.help) {
    const { commandHelp } = await import('../help/help-pages.ts');
    return await print(context, commandHelp(line.command, context.stdout.columns));
  }
  return await runCommand(line.command, line, context, { global, faults });
}

async function runCommand(
  command: Command,
  line: CommandLine,
  context: Context,
  { global, faults }: { readonly global: GlobalValues; readonly faults: UsageFaults },
): Promise<number> {
  const given = readFlags(command.flags, line.occurrences, faults);
  const mode = modeOfEnvironment(command.flags, given, context.env, faults);
  const flags = mode === undefined ? given : { ...given, mode };
  const first = takeWord(line.rest, command.word, faults);
  const second = takeWord(first.rest, command.secondWord, faults);
  checkRest(second.rest, { ...globalFlags, ...command.flags }, command.misnamed ?? {}, faults);
  const { output = '' } = global;
  if (Object.hasOwn(command.flags, 'out') && /\.[a-z]{2,5}$/i.test(output)) {
    faults.add('--output', `--output is a format, and --out a file. Did you mean --out ${output}?`);
  }
  // The cluster in the shape of az has more shapes than an example shows.
  const examples = isSwitchedOn(flags, 'rawCluster') ? undefined : command.examplesOfResult;
  const session = await openSession(context, {
    words: command.words,
    global,
    faults,
    hintText: (hint) => typableHint(hint, line, context),
    examples: examples ?? noExamples,
    isNamed: command.isNamed === true && !isSwitchedOn(flags, 'rawCluster'),
    isPage: command.isPage === true,
  });
  try {
    const exitCode = await command.run(flags, session, first.word, second.word);
    if (context.stderr.isTerminal && !global.onlyShowErrors && !context.signal.aborted) {
      const { printRetirementNote } = await import('./retirement-note.ts');
      await printRetirementNote(context, command);
    }
    return exitCode;
  } finally {
    session.report.stop();
  }
}

async function noExamples(): Promise<readonly unknown[]> {
  return [];
}

function isSwitchedOn(flags: Readonly<Record<string, unknown>>, key: string): boolean {
  return flags[key] === true;
}

/**
 * What shells ask of podid, and podid of itself; neither is a command for people, so help does not know them.
 */
async function answerShell(
  [word, ...rest]: readonly string[],
  context: Context,
): Promise<number | undefined> {
  if (word === completeWord) {
    const { complete } = await import('../completion/complete.ts');
    return await complete(commandTree, rest, context);
  }
  if (word === refreshWord) {
    const { refreshNames } = await import('../completion/refresh-names.ts');
    return await refreshNames(rest, context);
  }
  return undefined;
}

/**
 * Words that lead to no command: help where it was asked for, otherwise what is wrong and the nearest right
 * word.
 */
async function answerGroup(
  { group, rest, afterHelp }: CommandLine,
  context: Context,
  global: GlobalValues,
  faults: UsageFaults,
): Promise<number> {
  const typed = ['podid', ...group.words].join(' ');
  const word = rest.find((each) => !each.startsWith('-'));
  const isBare = rest.length === 0 && group.words.length === 0 && !faults.any;
  if (word === undefined && (global.help || isBare)) {
    const { groupHelp } = await import('../help/help-pages.ts');
    return await print(context, groupHelp(commandTree, group, context.stdout.columns));
  }
  const topics = afterHelp && group.words.length === 0 ? await import('../help/help-topics.ts') : undefined;
  const text = topics?.topicHelp(word ?? '', context.stdout.columns);
  if (text !== undefined) {
    return await print(context, text);
  }
  if (rest[0]?.startsWith('-')) {
    await addFlagBefore(rest, faults);
  } else if (word === undefined) {
    faults.add(typed, `${typed} needs a subcommand: ${nextWords(group.words).join(', ')}.`);
  } else {
    const topic = nearestWord(word, Object.keys(topics?.topics ?? {}));
    const meant = meantCommand(group.words, rest) ?? (topic && `podid help ${topic}`);
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    const text = /^[\p{L}\p{N}]/u.test(word)
      ? `${typed} has no command ${topics === undefined ? '' : 'and no topic '}${quoted(word)}.${hint}`
      : strayWordText(word, globalFlags);
    faults.add(word, text);
    const words = meant?.split(' ').slice(1) ?? [];
    const isCommand = commandTree.commands.some((each) => each.words.join(' ') === words.join(' '));
    faults.throwIfAny(() => podidCommand(isCommand ? words : group.words, { help: true }));
  }
  faults.throwIfAny(() => podidCommand(group.words, { help: true }));
  return 0;
}

async function print(context: Context, text: string): Promise<number> {
  await context.stdout.write(context.isUtf8 ? text : asciiSigns(text));
  return 0;
}

async function report(
  error: unknown,
  context: Context,
  { global, line }: { readonly global: GlobalValues; readonly line: CommandLine },
): Promise<number> {
  const interrupted =
    context.signal.aborted && !isPodidError(error) && context.signal.reason instanceof PodidError;
  const report = errorReport(interrupted ? context.signal.reason : error, {
    colour: await coloursOf('stderr', context, global),
    json: isJsonAskedFor(context, global),
    stack: global.debug,
    width: context.stderr.columns,
    version: context.version,
    hintText: (hint) => typableHint(hint, line, context),
  });
  await context.stderr.write(report.text);
  return report.exitCode;
}

/** A hint as it can be typed after this command line, in the shell that podid was started from; blanks of commands are held. */
function typableHint(hint: Hint, { command, occurrences }: CommandLine, { shell, env }: Context): string {
  const table: FlagTable = { ...globalFlags, ...command?.flags };
  const flags = occurrences.map((each) => typedFlag(each, table[each.key]));
  const typed = Object.fromEntries(occurrences.map(({ key, value }) => [key, value]));
  // A hint names the mode: it may be typed where the variable is not set.
  const mode = modeOfEnvironment(table, typed, env, new UsageFaults());
  const all = mode === undefined ? flags : [...flags, { key: 'mode', words: ['--mode', mode] }];
  return hintText(hintAfter(hint, { words: command?.words ?? [], flags: all, reachOf }), shell, 'held');
}

/** A value that begins with a dash stands in one word with its flag. */
function typedFlag({ key, value }: Occurrence, flag: FlagSpec | undefined): TypedFlag {
  const name = flag?.short === undefined ? longFlag(key, flag) : `-${flag.short}`;
  if (value === null) {
    return { key, words: [name] };
  }
  return { key, words: value.startsWith('-') ? [`${longFlag(key, flag)}=${value}`] : [name, value] };
}

/**
 * An error is told once: as JSON to who asked for JSON, and as text to everybody else. A pipe behind stdout has no say
 * in it, for people read stderr all the same.
 */
function isJsonAskedFor({ env }: Context, { output }: GlobalValues): boolean {
  return (output ?? env['PODID_OUTPUT'])?.toLowerCase() === 'json';
}
