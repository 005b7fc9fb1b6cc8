import { nearestWord } from '../validate/nearest-word.ts';
import { quoted, type UsageFaults } from '../validate/usage-faults.ts';
import { type FlagSpec, type FlagTable, type FlagValues, longFlag, type WordSpec } from './flag-table.ts';

/** One flag as typed; `null` where a value should follow and none does. */
export interface Occurrence {
  readonly key: string;
  readonly value: string | null;
}

/**
 * The values of the flags as typed. What is missing, doubled, without a value or none of its choices goes to
 * the faults.
 */
export function readFlags<Flags extends FlagTable>(
  flags: Flags,
  occurrences: readonly Occurrence[],
  faults: UsageFaults,
): FlagValues<Flags> {
  const values = Object.entries(flags).map(([key, flag]) => {
    const given = occurrences.filter((each) => each.key === key).map((each) => each.value);
    return [key, readFlag(longFlag(key, flag), flag, given, faults)];
  });
  return Object.fromEntries(values);
}

function readFlag(
  long: string,
  flag: FlagSpec,
  given: readonly (string | null)[],
  faults: UsageFaults,
): string | number | readonly string[] | boolean | undefined {
  if (flag.kind === 'switch') {
    return given.length > 0;
  }
  if (given.length === 0) {
    if (flag.required) {
      faults.missing(long, `give ${wayToGive(long, flag)}`);
    }
    return flag.default;
  }
  const texts = given.filter((value) => value !== null);
  if (texts.length < given.length) {
    faults.add(long, `${long} needs a value: ${wayToGive(long, flag)}.`);
  }
  if (flag.kind === 'list') {
    return texts;
  }
  if (texts.length > 1) {
    faults.add(long, `${long} is given ${texts.length} times: ${texts.map(quoted).join(', ')}.`);
  }
  const [text] = texts;
  if (text === undefined || flag.kind === 'text') {
    return text === undefined || flag.choices === undefined
      ? text
      : readChoice(long, text, flag.choices, faults);
  }
  const number = readInteger(text, flag);
  if (number === undefined) {
    faults.add(long, `${long}: ${quoted(text)} is not ${integerText(flag)}.`);
  }
  return number;
}

/** Undefined when the text is not a whole number in the flag's range. */
export function readInteger(text: string, { least = 0, most = Number.MAX_SAFE_INTEGER }: FlagSpec) {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : undefined;
}

/** What an `integer` takes, with its article. */
export function integerText({ least = 0, most }: FlagSpec): string {
  return most === undefined
    ? `a whole number of ${least} or more`
    : `a whole number from ${least} to ${most}`;
}

/** `--for END, which is one of assigned, deleted, idle`. */
function wayToGive(long: string, { value = 'VALUE', choices }: FlagSpec): string {
  return `${long} ${value}${choices === undefined ? '' : `, which is one of ${choices.join(', ')}`}`;
}

/** The choice that is meant, whatever the case of its letters, as with az; undefined: none. */
export function choiceOf<Choice extends string>(
  text: string,
  choices: readonly Choice[],
): Choice | undefined {
  return choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
}

/**
 * The choice as it is spelled; what is none goes to the faults, and comes back as it is.
 *
 * @param source a flag or a variable of the environment
 */
export function readChoice(
  source: string,
  text: string,
  choices: readonly string[],
  faults: UsageFaults,
): string {
  const choice = choiceOf(text, choices);
  if (choice === undefined) {
    const [name = '', ...value] = text.split('=');
    const nearest = nearestWord(name, choices) ?? endingIn(name, choices);
    const hint = nearest === undefined ? '' : ` Nearest: ${[nearest, ...value].join(' ')}`;
    faults.add(
      source,
      `${source}: ${quoted(text)} is not ${choices.length === 1 ? '' : 'one of '}${choices.join(', ')}.${hint}`,
    );
  }
  return choice ?? text;
}

/** `resource-group` is meant by `group`, where nothing else ends so. */
function endingIn(word: string, choices: readonly string[]): string | undefined {
  const [found, ...more] = choices.filter((choice) => choice.endsWith(`-${word.toLowerCase()}`));
  return more.length === 0 ? found : undefined;
}

/** Takes the one word that a command may want out of what is left over; the empty one where there is none. */
export function takeWord(
  rest: readonly string[],
  spec: WordSpec | undefined,
  faults: UsageFaults,
): { readonly word: string; readonly rest: readonly string[] } {
  if (spec === undefined) {
    return { word: '', rest };
  }
  const at = rest.findIndex((each) => each === '-' || !each.startsWith('-'));
  const word = rest[at];
  if (word === undefined) {
    if (spec.optional) {
      return { word: '', rest };
    }
    faults.missing(spec.value, spec.choices === undefined ? spec.summary : `give ${oneOf(spec.choices)}`);
    return { word: '', rest };
  }
  const read = spec.choices === undefined ? word : readChoice(spec.value, word, spec.choices, faults);
  const others = rest.toSpliced(at, 1);
  if (spec.unquoted !== undefined && others.length > 0 && !/\s/.test(word)) {
    faults.add(spec.value, spec.unquoted);
    return { word: '', rest: [] };
  }
  return { word: read, rest: others };
}

/** `bash, zsh or fish`. */
function oneOf(choices: readonly string[]): string {
  return [choices.slice(0, -1).join(', '), ...choices.slice(-1)].filter(Boolean).join(' or ');
}
