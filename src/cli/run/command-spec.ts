import type { Reach } from '../../domain/hints/next-command.ts';
import type { FlagTable, FlagValues, Misnamed, WordSpec } from '../../flags/flag-table.ts';
import type { Session } from './session.ts';

export interface Example {
  readonly title: string;
  /** As typed, without a prompt. */
  readonly line: string;
  /** What it takes beside a shell and a cluster. Absent: nothing. */
  readonly needs?: 'a cluster' | 'a terminal' | 'PowerShell' | 'a pod';
}

interface CommandText {
  /** A paragraph or more. */
  readonly description: string;
  readonly examples: readonly Example[];
  readonly misnamed?: Misnamed;
  /** Needed where it is declared; `run` gets it. */
  readonly word?: WordSpec;
  /** Behind it. */
  readonly secondWord?: WordSpec;
  /** Words without a flag are values of this list: the key of the flag. */
  readonly wordsOf?: string;
  /** The result is a list that `-o name` can print by its names. */
  readonly isNamed?: true;
  /** The result is one that `-o html` makes a page of. */
  readonly isPage?: true;
  /** Loads the result in every shape it may take, to try `--query` on before anything is sent. */
  readonly examplesOfResult?: () => Promise<readonly unknown[]>;
}

type Run<Flags extends FlagTable> = (
  flags: FlagValues<Flags>,
  session: Session,
  word: string,
  secondWord: string,
) => Promise<number>;

/** What a command's file says of it; its words and its summary are in the command tree. */
export interface CommandSpec extends CommandText {
  readonly flags: FlagTable;
  /** @returns the exit code of a command that did what it should: 0, or 8 and 9 of the contract */
  readonly run: Run<FlagTable>;
}

/** A command whose `run` sees its own flags with their types. */
export function defineCommand<Flags extends FlagTable>(
  spec: CommandText & {
    readonly flags: Flags;
    /** A word is empty for a command that takes none, and where it is missing: `checkUsage` comes first. */
    readonly run: Run<Flags>;
  },
): CommandSpec {
  return { ...spec, run: (flags, ...others) => spec.run(flags as FlagValues<Flags>, ...others) };
}

export interface CommandGroup {
  /** After `podid`; none for podid itself. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly description: string;
}

/** What a command is for: the blocks in which help lists them. */
export type CommandBlock =
  | 'pod identities'
  | 'exceptions'
  | 'the add-on'
  | 'many at once'
  | 'first time'
  | 'in the cluster'
  | 'the cluster'
  | 'managed identities'
  | 'node identities'
  | 'in a pod'
  | 'the way out'
  | 'habits'
  | 'to try it';

/** What help and completion need of a command; the rest is loaded when it runs. */
export interface CommandEntry {
  /** The words after `podid`, which are also the path of the command's file. */
  readonly words: readonly string[];
  /** Another last word: `ls`. */
  readonly alias?: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly block: CommandBlock;
  readonly reach: Reach;
  readonly load: () => Promise<CommandSpec>;
}

export interface CommandTree {
  readonly root: CommandGroup;
  /** Outer ones first. */
  readonly groups: readonly CommandGroup[];
  /** In the order in which help lists them. */
  readonly commands: readonly CommandEntry[];
}

/** A command with all that its file says of it. */
export type Command = CommandEntry & CommandSpec;
