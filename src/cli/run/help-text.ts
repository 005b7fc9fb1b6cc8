import { type FlagSet, type FlagSpec, longFlag, type WordSpec } from '../flags/flag-spec.ts';
import { globalFlags } from '../flags/global-flags.ts';
import type { Command, CommandGroup, CommandTree } from './command-tree.ts';

const width = 100;

/** What `podid`, or one of its groups, says about itself. */
export function groupHelp(tree: CommandTree, group: CommandGroup): string {
  const depth = group.words.length;
  const inside = (words: readonly string[]) =>
    words.length > depth && group.words.every((word, at) => words[at] === word);
  const commands = tree.commands
    .filter((command) => inside(command.words))
    .map((command): [string, string] => [command.words.slice(depth).join(' '), command.summary]);
  return [
    `${['podid', ...group.words].join(' ')}: ${group.summary}`,
    '',
    ...wrap(group.description, 0),
    '',
    'Commands',
    ...definitionList(commands),
    '',
    `${['podid', ...group.words, 'COMMAND', '--help'].join(' ')} tells more about one of them.`,
    ...(depth === 0 ? ['', 'Flags of every command', ...flagList(globalFlags)] : []),
    '',
  ].join('\n');
}

/** What a command says about itself: what it does, an example, its flags. */
export function commandHelp(command: Command): string {
  return [
    `${commandHead(command)}: ${command.summary}`,
    '',
    ...command.description.split('\n\n').flatMap((paragraph) => [...wrap(paragraph, 0), '']),
    'Examples',
    ...command.examples.flatMap((example) => [`  # ${example.title}`, ...wrapLine(example.line)]),
    '',
    ...(command.word === undefined ? [] : [command.word.value, ...wrap(wordText(command.word), 2), '']),
    ...(Object.keys(command.flags).length === 0 ? [] : ['Flags', ...flagList(command.flags), '']),
    'Flags of every command',
    ...flagList(globalFlags),
    '',
  ].join('\n');
}

/** `podid completion SHELL`. */
export function commandHead({ words, word }: Command): string {
  return ['podid', ...words, ...(word === undefined ? [] : [word.value])].join(' ');
}

/** What the command's one word is, and may be. */
export function wordText({ summary, choices }: WordSpec): string {
  return choices === undefined ? summary : `${summary}: ${choices.join(', ')}`;
}

/** `-g, --resource-group NAME`. */
export function flagHead(key: string, flag: FlagSpec): string {
  const value =
    flag.value === undefined
      ? ''
      : ` ${flag.value}${flag.kind === 'list' && !flag.value.endsWith('…') ? ' …' : ''}`;
  const names = [flag.short && `-${flag.short}`, longFlag(key), flag.alias && `--${flag.alias}`];
  return `${names.filter(Boolean).join(', ')}${value}`;
}

/** The summary with what is needed and what counts otherwise. */
export function flagText(flag: FlagSpec): string {
  const needed = flag.required ? ' (needed)' : '';
  const fallback = flag.fallback === undefined ? '' : ` (default: ${flag.fallback})`;
  return `${flag.summary}${needed}${fallback}`;
}

function flagList(flags: FlagSet): string[] {
  return definitionList(Object.entries(flags).map(([key, flag]) => [flagHead(key, flag), flagText(flag)]));
}

function definitionList(items: readonly (readonly [string, string])[]): string[] {
  const longest = Math.min(34, Math.max(...items.map(([head]) => head.length)));
  const indent = longest + 4;
  return items.flatMap(([head, text]) => {
    const [first = '', ...more] = wrap(text, indent);
    if (head.length > longest) {
      return [`  ${head}`, first, ...more];
    }
    return [`  ${head.padEnd(longest)}  ${first.trimStart()}`, ...more];
  });
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => `${' '.repeat(indent)}${each}`);
}

/** An example stays one that can be pasted: broken with a backslash in front of a flag. */
function wrapLine(line: string): string[] {
  const [first = '', ...more] = line.split(/ (?=--?[a-z])/);
  const lines = [`  ${first}`];
  for (const part of more) {
    const last = lines.at(-1) ?? '';
    if (last.length + 1 + part.length > width) {
      lines.splice(-1, 1, `${last} \\`, `    ${part}`);
    } else {
      lines.splice(-1, 1, `${last} ${part}`);
    }
  }
  return lines;
}
