import { parseArgs } from 'node:util';
import { PodidError } from '../errors/podid-error.ts';

/** A flag as data: what it takes, and what holds without it. */
export interface FlagDefinition {
  readonly type: 'boolean' | 'string' | 'integer';
  readonly default: boolean | string | number;
  /** Empty for flags that are taken for upstream's sake and mean nothing here. */
  readonly help: string;
  readonly least?: number;
  readonly most?: number;
  readonly choices?: readonly string[];
}

type ValueOf<Flag extends FlagDefinition> = Flag['type'] extends 'boolean'
  ? boolean
  : Flag['type'] extends 'integer'
    ? number
    : string;

export type FlagValues<Flags extends Readonly<Record<string, FlagDefinition>>> = {
  readonly [Name in keyof Flags]: ValueOf<Flags[Name]>;
};

export interface ParsedFlags<Flags extends Readonly<Record<string, FlagDefinition>>> {
  readonly values: FlagValues<Flags>;
  /** The flags that were given. */
  readonly given: ReadonlySet<string>;
  readonly words: readonly string[];
}

/**
 * Reads flags the way upstream's programs do: `--name=value`, `--name value`, a boolean alone or with
 * `=true`, `=false`, and one dash for names of one letter. The last of a repeated flag wins.
 * @throws PodidError InvalidUsage with every fault in its details
 */
export function parseFlags<Flags extends Readonly<Record<string, FlagDefinition>>>(
  argv: readonly string[],
  flags: Flags,
): ParsedFlags<Flags> {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, optionOf(name, flag)])),
    strict: false,
    tokens: true,
  });
  const values = new Map(Object.entries(flags).map(([name, flag]) => [name, flag.default]));
  const given = new Set<string>();
  const words: string[] = [];
  const faults: { flag: string; message: string }[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      words.push(token.value);
    } else if (token.kind === 'option') {
      const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
      const value = flag === undefined ? undefined : readValue(flag, textOf(token));
      if (value === undefined) {
        faults.push({ flag: token.rawName, message: faultOf(token.rawName, flag) });
      } else {
        values.set(token.name, value);
        given.add(token.name);
      }
    }
  }
  if (faults.length > 0) {
    const message = faults.map((fault) => fault.message).join(' ');
    throw new PodidError('InvalidUsage', message, { details: faults, hint: 'podid-nmi --help' });
  }
  return { values: Object.fromEntries(values) as FlagValues<Flags>, given, words };
}

function optionOf(name: string, { type }: FlagDefinition) {
  return {
    type: type === 'boolean' ? ('boolean' as const) : ('string' as const),
    ...(name.length === 1 ? { short: name } : {}),
  };
}

/** `parseArgs` takes the equals sign of `-v=5` for a part of the value. */
function textOf({ rawName, value }: { readonly rawName: string; readonly value?: string | undefined }) {
  return rawName.startsWith('--') ? value : value?.replace(/^=/, '');
}

function readValue(flag: FlagDefinition, text: string | undefined): boolean | string | number | undefined {
  if (flag.type === 'boolean') {
    return readBoolean(text);
  }
  if (text === undefined) {
    return undefined;
  }
  if (flag.type === 'integer') {
    const number = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    return number >= (flag.least ?? 0) && number <= (flag.most ?? 1e12) ? number : undefined;
  }
  const value = flag.choices === undefined ? text : text.toLowerCase();
  return flag.choices === undefined || flag.choices.includes(value) ? value : undefined;
}

/** Go's spellings. */
function readBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined || ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) {
    return true;
  }
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : undefined;
}

function faultOf(rawName: string, flag: FlagDefinition | undefined): string {
  if (flag === undefined) {
    return `The flag ${rawName} is unknown.`;
  }
  if (flag.choices !== undefined) {
    return `The flag ${rawName} takes one of ${flag.choices.join(', ')}.`;
  }
  const range = flag.type === 'integer' ? ` from ${flag.least ?? 0} to ${flag.most ?? 1e12}` : '';
  return `The flag ${rawName} takes ${flag.type === 'integer' ? 'a whole number' : `a ${flag.type}`}${range}.`;
}
