import { podidCommand } from '../../domain/hints/next-command.ts';
import { checkRest } from '../../flags/unknown-words.ts';
import { nearestWord } from '../../validate/nearest-word.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import { globalFlags } from '../flags/global-flags.ts';
import { parseCommandLine } from './command-line.ts';
import { commandTree } from './command-tree.ts';

/** A flag in front of the command would not be better behind it where the command has no such flag. */
export async function addFlagBefore(
  [flag = '', ...after]: readonly string[],
  faults: UsageFaults,
): Promise<void> {
  for (let at = 0; at < after.length; at++) {
    const { command } = await parseCommandLine(commandTree, after.slice(at));
    if (command !== undefined) {
      const { rest } = await parseCommandLine(commandTree, [...command.words, flag]);
      checkRest(rest, { ...globalFlags, ...command.flags }, command.misnamed ?? {}, faults);
      faults.throwIfAny(() => podidCommand(command.words, { help: true }));
      break;
    }
  }
  if (/^-v$/i.test(flag)) {
    return faults.add(flag, `podid has no flag ${flag}. Did you mean --version?`);
  }
  faults.add(flag, `${flag} must come after the command, not before it.`);
}

/**
 * What somebody meant who typed these words after those of a group: az's words in front, a flag without its
 * dashes, a slip.
 */
export function meantCommand(group: readonly string[], rest: readonly string[]): string | undefined {
  const typed = ['podid', ...group].join(' ');
  const [word = '', ...more] = rest;
  if (word === 'version' || word === 'help') {
    return group.length === 0 ? `${typed} ${word}` : `${typed} --${word}`;
  }
  if (['az', 'aks', 'pod-identity'].includes(word) && more.length > 0 && group.length === 0) {
    const [next = ''] = more;
    const isKnown = nextWords([]).includes(next);
    if (!isKnown) {
      return meantCommand(group, more);
    }
    const after = nextWords([next]).find((each) => each === more[1]);
    return [typed, next, ...(after === undefined ? [] : [after])].join(' ');
  }
  const usual = [...group, word].join(' ');
  if (Object.hasOwn(habits, usual)) {
    return `podid ${habits[usual]}`;
  }
  const nearest = nearestWord(word, nextWords(group));
  return nearest === undefined ? undefined : `${typed} ${nearest}`;
}

/** What people type, and what it is called here. */
const habits: Readonly<Record<string, string>> = {
  'migrate undo': 'migrate rollback',
  'migrate list': 'migrate status',
  'exchange list': 'exchange status',
  'takeover undo': 'takeover rollback',
  'nmi delete': 'nmi uninstall',
  'nmi remove': 'nmi uninstall',
  'nmi upgrade': 'nmi install',
  'nmi list': 'nmi status',
  'nmi logs': 'nmi collect',
  'exception create': 'exception add',
  'exception remove': 'exception delete',
  create: 'add',
  remove: 'delete',
  get: 'list',
  describe: 'show',
  diff: 'plan',
  top: 'nmi top',
  collect: 'nmi collect',
};

/** The words that may follow, groups included. */
export function nextWords(words: readonly string[]): string[] {
  const following = [...commandTree.commands, ...commandTree.groups]
    .filter((each) => words.every((word, at) => each.words[at] === word))
    .flatMap((each) => each.words.slice(words.length, words.length + 1));
  return [...new Set(following)];
}
