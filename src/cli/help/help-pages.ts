import { longFlag } from '../../flags/flag-table.ts';
import { wordText } from '../../flags/flag-text.ts';
import { type HelpPage, helpText } from '../../flags/help-text.ts';
import { globalFlags } from '../flags/global-flags.ts';
import type { Command, CommandEntry, CommandGroup, CommandTree } from '../run/command-spec.ts';
import { commandHead, wordSpecs } from '../run/command-tree.ts';
import { topics } from './help-topics.ts';

/** What `podid`, or one of its groups, says about itself. */
export function groupHelp(tree: CommandTree, group: CommandGroup, width?: number): string {
  const depth = group.words.length;
  const inside = tree.commands.filter(
    ({ words }) => words.length > depth && group.words.every((word, at) => words[at] === word),
  );
  const items = (commands: readonly CommandEntry[]) =>
    commands.map((command) => [command.words.slice(depth).join(' '), command.summary] as const);
  const page = {
    name: ['podid', ...group.words].join(' '),
    summary: group.summary,
    usage: 'COMMAND [flags]',
    description: group.description,
  };
  if (depth > 0) {
    const words = [{ heading: 'Commands', items: items(inside) }];
    return helpText({ ...page, words, after: [globalFlagsLine, moreAbout(page.name)] }, width);
  }
  const blocks = [...new Set(inside.map(({ block }) => block))];
  return helpText(
    {
      ...page,
      words: [
        ...blocks.map((block) => ({
          heading: `${block.charAt(0).toUpperCase()}${block.slice(1)}`,
          items: items(inside.filter((command) => command.block === block)),
        })),
        {
          heading: 'Topics',
          items: Object.entries(topics).map(([topic, { summary }]) => [`help ${topic}`, summary] as const),
        },
      ],
      flags: [{ heading: 'Global flags', table: globalFlags }],
      after: [moreAbout('podid')],
    },
    width,
  );
}

/** What a command says about itself: what it does, its flags, an example. */
export function commandHelp(command: Command, width?: number): string {
  const required = Object.entries(command.flags)
    .filter(([, flag]) => flag.required)
    .map(([key, { value = 'VALUE', kind }]) => `${longFlag(key)} ${value}${kind === 'list' ? ' …' : ''}`);
  const page: HelpPage = {
    name: commandHead(command),
    summary: command.summary,
    usage: [...required, '[flags]'].join(' '),
    description: commandDescription(command),
    words:
      wordSpecs(command).length === 0
        ? []
        : [
            {
              heading: 'Arguments',
              items: wordSpecs(command).map((word) => [word.value, wordText(word)] as const),
            },
          ],
    ...(Object.keys(command.flags).length === 0
      ? {}
      : { flags: [{ heading: 'Flags', table: command.flags }] }),
    examples: command.examples,
    after: [globalFlagsLine],
  };
  return helpText(page, width);
}

/** What the command does, and how else it is called. */
export function commandDescription({ words, alias, description }: Command): string {
  return alias === undefined
    ? description
    : `${description} ${['podid', ...words.slice(0, -1), alias].join(' ')} is the same.`;
}

const globalFlagsLine = 'Global flags: podid --help';

function moreAbout(name: string): string {
  return `More about one of them: ${name} COMMAND --help`;
}
