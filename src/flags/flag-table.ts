/** A flag as data: parsing, help, pages and completion of each program all read it from here. */
export interface FlagSpec {
  /**
   * `switch` takes no value, `text` one, `integer` a whole number, `list` several after one flag, and the
   * flag repeated.
   */
  readonly kind: 'switch' | 'text' | 'integer' | 'list';
  /** The long name, where it is not the key in kebab-case: upstream's `forceNamespaced`. */
  readonly name?: string;
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
  /** Of an `integer`. */
  readonly least?: number;
  readonly most?: number;
  readonly summary: string;
  /** The variable of the environment that counts when the flag is not given. */
  readonly variable?: string;
  /** The value when neither is given. Absent: the command decides, as `fallback` says. */
  readonly default?: boolean | string | number;
  /** What counts when neither is given, in words. */
  readonly fallback?: string;
}

/** The one word that a command takes besides its flags. */
export interface WordSpec {
  /** What stands for it in help: `SHELL`. */
  readonly value: string;
  readonly summary: string;
  /** The only words there are. */
  readonly choices?: readonly string[];
  /** The command does without it. */
  readonly optional?: true;
  /** What to do where several words stand in its place: it is a command line, and came without its quotes. */
  readonly unquoted?: string;
}

/** Keys are the flags' long names in camelCase, or as they are typed. */
export type FlagTable = Readonly<Record<string, FlagSpec>>;

/** A flag that was not given and has no default is undefined; a switch is false then. */
export type FlagValues<Flags extends FlagTable> = {
  readonly [Key in keyof Flags]: Flags[Key]['kind'] extends 'switch'
    ? boolean
    : Flags[Key]['kind'] extends 'list'
      ? readonly string[] | undefined
      : TypeOf<Flags[Key]> | (Flags[Key] extends { readonly default: unknown } ? never : undefined);
};

type TypeOf<Flag extends FlagSpec> = Flag['kind'] extends 'integer' ? number : string;

/** Where two fellow tools use another flag for the same: `-n` on a list; or a whole sentence, with its full stop. */
export type Misnamed = Readonly<Record<string, string>>;

/** `identityResourceId` → `--identity-resource-id`; a name of one letter has one dash. */
export function longFlag(key: string, { name }: Pick<FlagSpec, 'name'> = {}): string {
  const long = name ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return long.length === 1 ? `-${long}` : `--${long}`;
}

/** Every spelling of the flags that takes two dashes. */
export function longFlags(flags: FlagTable): string[] {
  return Object.entries(flags).flatMap(([key, flag]) => [
    longFlag(key, flag),
    ...(flag.alias === undefined ? [] : [`--${flag.alias}`]),
  ]);
}
