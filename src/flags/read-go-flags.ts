import { parseArgs } from 'node:util';
import { Command } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';
import { nearestWord } from '../validate/nearest-word.ts';
import { quoted } from '../validate/usage-faults.ts';
import { type FlagSpec, type FlagTable, type FlagValues, longFlags } from './flag-table.ts';
import { integerText, readInteger } from './read-flags.ts';

export interface GoProgram {
  /** As typed: `podid-mic`. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface ParsedFlags<Flags extends FlagTable> {
  readonly values: FlagValues<Flags>;
  /** The keys of the flags that were given. */
  readonly given: ReadonlySet<string>;
  readonly words: readonly string[];
}

/**
 * Reads flags the way upstream's programs do: `--name=value`, `--name value`, a boolean alone or with
 * `=true`, `=false`, and one dash in place of two. The last of a repeated flag wins. Where none is
 * given or the value is empty, the flag's variable of the environment counts, and then its default.
 * @throws PodidError InvalidUsage with every fault in its details
 */
export function readGoFlags<Flags extends FlagTable>(
  argv: readonly string[],
  flags: Flags,
  { program, environment }: GoProgram,
): ParsedFlags<Flags> {
  const named = new Map(Object.entries(flags).map(([key, flag]) => [flag.name ?? key, { key, flag }]));
  const { tokens } = parseArgs({
    args: argv.map((arg) => withTwoDashes(arg, named)),
    options: Object.fromEntries([...named].map(([name, { flag }]) => [name, optionOf(name, flag)])),
    strict: false,
    tokens: true,
  });
  const values = new Map(
    Object.entries(flags).map(([key, flag]) => [key, usualValue(flag, environment)] as const),
  );
  const given = new Set<string>();
  const words: string[] = [];
  const faults: { flag: string; message: string }[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'positional') {
      const before = tokens[at - 1];
      const isValue = readBoolean(token.value) !== undefined && before?.kind === 'option';
      if (isValue && before.value === undefined && named.get(before.name)?.flag.kind === 'switch') {
        const message = `The flag ${before.rawName} takes its value as ${before.rawName}=${token.value}.`;
        faults.push({ flag: before.rawName, message });
      } else {
        words.push(token.value);
      }
    } else if (token.kind === 'option') {
      const known = named.get(token.name);
      const value = known && readValue(known.flag, textOf(token));
      if (known === undefined || value === undefined) {
        faults.push({ flag: token.rawName, message: faultOf(token, known?.flag, flags) });
      } else {
        values.set(known.key, value === '' ? usualValue(known.flag, environment) : value);
        given.add(known.key);
      }
    }
  }
  if (faults.length > 0) {
    const message = faults.map((fault) => fault.message).join(' ');
    throw new PodidError('InvalidUsage', message, {
      details: faults,
      hint: new Command([program, '--help']),
    });
  }
  return { values: Object.fromEntries(values) as FlagValues<Flags>, given, words };
}

/** Go's flag package takes `-name` for `--name`. */
function withTwoDashes(arg: string, named: ReadonlyMap<string, unknown>): string {
  const name = /^-([^-=][^=]+)/.exec(arg)?.[1];
  return name !== undefined && named.has(name) ? `-${arg}` : arg;
}

function optionOf(name: string, { kind }: FlagSpec) {
  return {
    type: kind === 'switch' ? ('boolean' as const) : ('string' as const),
    ...(name.length === 1 ? { short: name } : {}),
  };
}

/** Of switches the variable `true` counts alone, as upstream has it. */
function usualValue(
  { kind, variable, default: usual }: FlagSpec,
  environment: Readonly<Record<string, string | undefined>>,
): FlagSpec['default'] {
  const text = variable === undefined ? undefined : environment[variable];
  return kind === 'switch' ? text === 'true' || usual : text || usual;
}

/** `parseArgs` takes the equals sign of `-v=5` for a part of the value. */
function textOf({ rawName, value }: { readonly rawName: string; readonly value?: string | undefined }) {
  return rawName.startsWith('--') ? value : value?.replace(/^=/, '');
}

function readValue(flag: FlagSpec, text: string | undefined): boolean | string | number | undefined {
  if (flag.kind === 'switch') {
    return readBoolean(text);
  }
  if (text === undefined) {
    return undefined;
  }
  if (flag.kind === 'integer') {
    return readInteger(text, flag);
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

function faultOf(
  token: { readonly rawName: string; readonly value?: string | undefined },
  flag: FlagSpec | undefined,
  flags: FlagTable,
): string {
  const { rawName } = token;
  if (flag === undefined) {
    return `The flag ${rawName} is unknown.${didYouMean(rawName, longFlags(flags))}`;
  }
  const text = textOf(token);
  const given = text === undefined ? '' : `, not ${quoted(text)}`;
  if (flag.choices !== undefined) {
    return `The flag ${rawName} takes one of ${flag.choices.join(', ')}${given}.${didYouMean(textOf(token) ?? '', flag.choices)}`;
  }
  const taken = { switch: 'true or false', integer: integerText(flag), text: 'a text', list: 'a text' };
  return `The flag ${rawName} takes ${taken[flag.kind]}${given}.`;
}

/** A sentence of its own; empty when nothing is near enough. */
export function didYouMean(typed: string, words: readonly string[]): string {
  const meant = nearestWord(typed, words);
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
}
