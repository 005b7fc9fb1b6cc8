import { Command, Help, Option } from 'commander';
import { type FlagTable, longFlag } from './flag-table.ts';
import { flagHead, flagText } from './flag-text.ts';

/** What the help of a program, a group or a command holds, in this order. */
export interface HelpPage {
  /** As typed: `podid exception`. */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What follows the name: `COMMAND [flags]`. Absent: this is about no command. */
  readonly usage?: string;
  /** Paragraphs, with an empty line between them. */
  readonly description: string;
  /** The words that may follow, each with what it does, under their headings. */
  readonly words?: readonly HelpItems[];
  readonly flags?: readonly { readonly heading: string; readonly table: FlagTable }[];
  /** Each `line` as typed, without a prompt. */
  readonly examples?: readonly { readonly title: string; readonly line: string }[];
  /** Where to read more. */
  readonly after?: readonly string[];
}

interface HelpItems {
  readonly heading: string;
  readonly items: readonly (readonly [term: string, text: string])[];
}

/** Of what is printed to no terminal, as everywhere. */
const usualWidth = 80;

/**
 * The text of `--help`, laid out by commander. No line is longer than the terminal is wide, but for words
 * that are.
 * @param width undefined: no terminal
 */
export function helpText(page: HelpPage, width = usualWidth): string {
  const command = new Command(page.name)
    .usage(page.usage ?? '')
    .description(page.description)
    .helpOption(false)
    .helpCommand(false);
  for (const { heading, items } of page.words ?? []) {
    for (const [term, text] of items) {
      command.addCommand(new Command(term).description(text).helpGroup(`${heading}:`));
    }
  }
  // A command of its own, so that flags come after words: commander has it the other way round.
  const flags = new Command().helpOption(false);
  const terms = new Map<Option, string>();
  for (const { heading, table } of page.flags ?? []) {
    for (const [key, flag] of Object.entries(table)) {
      const option = new Option(longFlag(key, flag), flagText(flag)).helpGroup(`${heading}:`);
      terms.set(option, flagHead(key, flag));
      flags.addOption(option);
    }
  }
  const help = new FlagHelp(terms);
  help.prepareContext({ helpWidth: width });
  const about = help.formatHelp(command, help);
  const examples = page.examples?.flatMap(({ title, line }) => [
    `  # ${help.boxWrap(title, width - 4).replaceAll('\n', '\n  # ')}`,
    pasteable(line, width),
  ]);
  const parts = [
    help.boxWrap(`${page.name}: ${page.summary}`, width),
    page.usage === undefined ? withoutUsage(about) : about,
    ...(page.flags === undefined ? [] : [withoutUsage(help.formatHelp(flags, help))]),
    ...(examples === undefined ? [] : [['Examples:', ...examples].join('\n')]),
    ...(page.after ?? []).map((line) => help.boxWrap(line, width)),
  ];
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

function withoutUsage(text: string): string {
  return text.slice(text.indexOf('\n\n') + 2);
}

/** An example broken into lines as a shell takes them, with a backslash in front of a flag. */
function pasteable(line: string, width: number): string {
  const [first = '', ...more] = line.split(/ (?=--?[a-z])/);
  const lines = [`  ${first}`];
  for (const part of more) {
    const last = lines.at(-1) ?? '';
    // Two columns for the backslash, where one follows.
    if (last.length + 1 + part.length > width - 2) {
      lines.splice(-1, 1, `${last} \\`, `    ${part}`);
    } else {
      lines.splice(-1, 1, `${last} ${part}`);
    }
  }
  return lines.join('\n');
}

/** Long terms stand on a line of their own, so that they do not push all texts to the right. */
class FlagHelp extends Help {
  readonly #terms: ReadonlyMap<Option, string>;

  constructor(terms: ReadonlyMap<Option, string>) {
    super();
    this.#terms = terms;
    this.minWidthToWrap = 1;
  }

  override optionTerm(option: Option): string {
    return this.#terms.get(option) ?? option.flags;
  }

  override optionDescription({ description }: Option): string {
    return description;
  }

  override subcommandTerm(command: Command): string {
    return command.name();
  }

  override commandUsage(command: Command): string {
    const { length } = 'Usage: ';
    return this.boxWrap(super.commandUsage(command), (this.helpWidth ?? usualWidth) - length).replaceAll(
      '\n',
      `\n${' '.repeat(length)}`,
    );
  }

  override padWidth(command: Command, helper: Help): number {
    const longest = Math.min(34, Math.floor((this.helpWidth ?? usualWidth) * 0.4));
    const terms = [
      ...helper.visibleOptions(command).map((option) => helper.optionTerm(option)),
      ...helper.visibleCommands(command).map((each) => helper.subcommandTerm(each)),
    ];
    return Math.max(0, ...terms.map(({ length }) => length).filter((length) => length <= longest));
  }

  override formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    return term.length <= termWidth
      ? super.formatItem(term, termWidth, description, helper)
      : `  ${term}\n${super.formatItem('', termWidth, description, helper)}`;
  }
}
