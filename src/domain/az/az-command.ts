/** The shells whose scripts are translated. */
export type ScriptShell = 'posix' | 'powershell' | 'cmd';

/**
 * One az command, taken apart. Values are as typed, quotes and variables included, so that they can be pasted
 * again.
 */
export interface AzCommand {
  /** After `az`: `['aks', 'pod-identity', 'add']`. */
  readonly words: readonly string[];
  readonly flags: readonly AzFlag[];
  readonly shell: ScriptShell;
  /** Its output goes to a program, a variable or a file, which expects what az prints. */
  readonly consumed: boolean;
  /** A pipe answers its question with yes. */
  readonly answered?: boolean;
  /** The flags that name the cluster in the rest of the script, where all of it names one. */
  readonly cluster?: readonly AzFlag[];
}

export interface AzFlag {
  /** `--resource-group`, or as typed: `-g`. */
  readonly name: string;
  /** Where the name is az's full one. */
  readonly typed?: string;
  readonly values: readonly string[];
}

/** A command to be typed. */
export interface TypedCommand {
  /** `podid exception add`. */
  readonly head: string;
  readonly flags: readonly AzFlag[];
}

/** What an az command becomes. */
export type AzTranslation =
  /** Commands to be typed one after the other, each when the one before it succeeded; none: nothing to type. */
  | { readonly kind: 'typed'; readonly commands: readonly TypedCommand[]; readonly notes: readonly string[] }
  /** It stays as it is. */
  | { readonly kind: 'kept'; readonly notes: readonly string[] }
  /** It has nothing to do with pod identity, or podid does not know it. */
  | {
      readonly kind: 'unknown';
      readonly reason: string;
      /** What it is does not show, so it may be about pod identity all the same. */
      readonly hidden?: true;
    };
