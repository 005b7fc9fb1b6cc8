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
  /** Loads the result in every shape it may take, to try `--query` on before anything is sent. */
  readonly examplesOfResult?: () => Promise<readonly unknown[]>;
}

/** What a command's file says of it; its words and its summary are in the command tree. */
export interface CommandSpec extends CommandText {
  readonly flags: FlagTable;
  /** @returns the exit code of a command that did what it should: 0, or 8 and 9 of the contract */
  readonly run: (flags: FlagValues<FlagTable>, session: Session, word: string) => Promise<number>;
}

/** A command whose `run` sees its own flags with their types. */
export function defineCommand<Flags extends FlagTable>(
  spec: CommandText & {
    readonly flags: Flags;
    /** `word` is empty for a command that takes none, and where it is missing: `checkUsage` comes first. */
    readonly run: (flags: FlagValues<Flags>, session: Session, word: string) => Promise<number>;
  },
): CommandSpec {
  return { ...spec, run: (flags, session, word) => spec.run(flags as FlagValues<Flags>, session, word) };
}
