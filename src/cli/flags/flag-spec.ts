/**
 * A flag as data: parsing, help, pages and completion all read it from here. Its long name is its key in
 * kebab-case.
 */
export interface FlagSpec {
  /** `switch` takes no value, `text` one, `list` several after one flag, and the flag repeated. */
  readonly kind: 'switch' | 'text' | 'list';
  /** One letter. */
  readonly short?: string;
  /** Another long name, without dashes. */
  readonly alias?: string;
  /** What stands for the value in help: `NAME`. */
  readonly value?: string;
  /** Without it the parser reports the flag as missing. */
  readonly required?: true;
  /** Of a `text`: the only values there are. */
  readonly choices?: readonly string[];
  readonly summary: string;
  /** What counts when the flag is not given, in words. */
  readonly fallback?: string;
}

/** The one word that a command takes besides its flags. */
export interface WordSpec {
  /** What stands for it in help: `SHELL`. */
  readonly value: string;
  readonly summary: string;
  /** The only words there are. */
  readonly choices?: readonly string[];
}

/** Keys are the flags' long names in camelCase. */
export type FlagSet = Readonly<Record<string, FlagSpec>>;

/** A `text` or `list` that was not given is undefined. */
export type FlagValues<Flags extends FlagSet> = {
  readonly [Key in keyof Flags]: Flags[Key]['kind'] extends 'switch'
    ? boolean
    : Flags[Key]['kind'] extends 'list'
      ? readonly string[] | undefined
      : string | undefined;
};

/** Where two fellow tools use another flag for the same: `-n` on a list. */
export type Misnamed = Readonly<Record<string, string>>;

/** `identityResourceId` → `--identity-resource-id`. */
export function longFlag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
