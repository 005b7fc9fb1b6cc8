import { type FlagSpec, type FlagTable, longFlag } from '../../flags/flag-table.ts';
import { globalFlags } from '../flags/global-flags.ts';
import type { Command, CommandTree } from '../run/command-spec.ts';
import { loadCommand } from '../run/command-tree.ts';

export interface Candidate {
  readonly word: string;
  readonly summary: string;
}

/** What can stand where the cursor is. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The shell's own completion of paths. */
  readonly files: boolean;
  /** What is live: names of these things fit as well. */
  readonly names?: LiveNames;
}

export type LiveNames =
  | { readonly of: 'clusters' }
  | { readonly of: 'groups' }
  | { readonly of: 'managed identities' }
  | { readonly of: 'namespaces' }
  /** `NAMESPACE/NAME`. */
  | { readonly of: 'identity keys' }
  | { readonly of: 'identities' | 'exceptions'; readonly namespace: string | undefined };

/** A command line up to the cursor, as far as it is understood. */
export interface TypedLine {
  readonly command: Command | undefined;
  /** Flags with values so far, by key; the last one counts. */
  readonly values: ReadonlyMap<string, string>;
  readonly completion: Completion;
}

const nothing: Completion = { candidates: [], files: false };

/**
 * What can come next.
 *
 * @param words after `podid`, up to the cursor; the last one is being typed and may be empty
 */
export async function readTypedLine(tree: CommandTree, words: readonly string[]): Promise<TypedLine> {
  const current = words.at(-1) ?? '';
  const walk = await walkWords(tree, words.slice(0, -1));
  return { command: walk.command, values: walk.values, completion: completionAt(tree, walk, current) };
}

interface Walk {
  path: readonly string[];
  /** Where the path leads; undefined at a group. */
  command: Command | undefined;
  readonly values: Map<string, string>;
  readonly used: Set<string>;
  /** The flag whose value comes next. */
  open: { readonly key: string; readonly flag: FlagSpec } | undefined;
  /** Words that are neither flags nor part of the path. */
  loose: number;
}

async function walkWords(tree: CommandTree, words: readonly string[]): Promise<Walk> {
  const walk: Walk = {
    path: [],
    command: undefined,
    values: new Map(),
    used: new Set(),
    open: undefined,
    loose: 0,
  };
  for (const word of words) {
    if (word.startsWith('-') && word.length > 1) {
      takeFlag(walk, word);
    } else if (walk.open !== undefined) {
      takeValue(walk, walk.open, word);
    } else {
      await takeWord(tree, walk, word);
    }
  }
  return walk;
}

async function takeWord(tree: CommandTree, walk: Walk, word: string): Promise<void> {
  const next = nextPath(tree, walk.path, word);
  if (next === undefined) {
    walk.loose += 1;
  } else {
    walk.path = next;
    walk.command = await commandAt(tree, next);
  }
}

function takeFlag(walk: Walk, word: string): void {
  const [name = '', ...rest] = word.split('=');
  const found = flagCalled(flagsOf(walk), name);
  walk.open = undefined;
  if (found === undefined) {
    return;
  }
  walk.used.add(found.key);
  if (rest.length > 0) {
    walk.values.set(found.key, rest.join('='));
  } else if (found.flag.kind !== 'switch') {
    walk.open = found;
  }
}

/** A list goes on taking words until the next flag. */
function takeValue(walk: Walk, open: NonNullable<Walk['open']>, word: string): void {
  walk.values.set(open.key, word);
  if (open.flag.kind !== 'list') {
    walk.open = undefined;
  }
}

function completionAt(tree: CommandTree, walk: Walk, current: string): Completion {
  const { command } = walk;
  const [name = '', ...rest] = current.split('=');
  const flags = flagsOf(walk);
  if (current.startsWith('--') && rest.length > 0) {
    const found = flagCalled(flags, name);
    if (found === undefined) {
      return nothing;
    }
    return prefixed(valuesOf(found.key, found.flag, walk), `${name}=`);
  }
  if (current.startsWith('-')) {
    return { ...nothing, candidates: flagCandidates(flags, walk.used) };
  }
  if (walk.open !== undefined) {
    return valuesOf(walk.open.key, walk.open.flag, walk);
  }
  if (command === undefined) {
    return { ...nothing, candidates: wordCandidates(tree, walk.path) };
  }
  if (command.word !== undefined && walk.loose === 0) {
    return { ...nothing, candidates: (command.word.choices ?? []).map((word) => ({ word, summary: '' })) };
  }
  return { ...nothing, candidates: flagCandidates(flags, walk.used) };
}

function prefixed(completion: Completion, prefix: string): Completion {
  const candidates = completion.candidates.map(({ word, summary }) => ({
    word: `${prefix}${word}`,
    summary,
  }));
  return { ...completion, candidates };
}

function valuesOf(key: string, flag: FlagSpec, walk: Walk): Completion {
  if (flag.choices !== undefined) {
    return { ...nothing, candidates: flag.choices.map((word) => ({ word, summary: '' })) };
  }
  const names = liveNames(key, walk);
  if (names !== undefined) {
    return { ...nothing, names };
  }
  return { ...nothing, files: flag.value === 'FILE' };
}

function liveNames(key: string, { path, values }: Walk): LiveNames | undefined {
  if (key === 'clusterName') {
    return { of: 'clusters' };
  }
  if (key === 'resourceGroup') {
    return { of: 'groups' };
  }
  if (key === 'identity') {
    return { of: path[0] === 'exchange' ? 'identity keys' : 'managed identities' };
  }
  if (key === 'namespace') {
    return { of: 'namespaces' };
  }
  if (key !== 'name') {
    return undefined;
  }
  return { of: path[0] === 'exception' ? 'exceptions' : 'identities', namespace: values.get('namespace') };
}

/** Those not given yet; a list may be given again. Required ones first. */
function flagCandidates(flags: FlagTable, used: ReadonlySet<string>): Candidate[] {
  return Object.entries(flags)
    .filter(([key, flag]) => flag.kind === 'list' || !used.has(key))
    .sort(([, one], [, other]) => Number(other.required ?? false) - Number(one.required ?? false))
    .map(([key, { summary }]) => ({ word: longFlag(key), summary }));
}

function wordCandidates(tree: CommandTree, path: readonly string[]): Candidate[] {
  const known = [...tree.commands, ...tree.groups].filter(
    ({ words }) => words.length === path.length + 1 && sameWords(words.slice(0, -1), path),
  );
  return known.map(({ words, summary }) => ({ word: words.at(-1) ?? '', summary }));
}

async function commandAt(tree: CommandTree, path: readonly string[]): Promise<Command | undefined> {
  const entry = tree.commands.find((each) => sameWords(each.words, path));
  return entry && (await loadCommand(entry));
}

function flagsOf({ command }: Walk): FlagTable {
  return { ...command?.flags, ...globalFlags };
}

function flagCalled(
  flags: FlagTable,
  name: string,
): { readonly key: string; readonly flag: FlagSpec } | undefined {
  const found = Object.entries(flags).find(
    ([key, { short, alias }]) => name === longFlag(key) || name === `-${short}` || name === `--${alias}`,
  );
  return found && { key: found[0], flag: found[1] };
}

/** The path with one word more, an alias by the word that it stands for; undefined where no command leads on. */
function nextPath(
  { commands, groups }: CommandTree,
  path: readonly string[],
  word: string,
): readonly string[] | undefined {
  const next = [...path, word];
  const isKnown = [...commands, ...groups].some(({ words }) =>
    next.every((each, index) => words[index] === each),
  );
  const isMeant = ({ words, alias }: CommandTree['commands'][number]) =>
    alias === word && sameWords(words.slice(0, -1), path);
  return isKnown ? next : commands.find(isMeant)?.words;
}

function sameWords(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, index) => other[index] === word);
}
