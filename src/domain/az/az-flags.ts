import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AzFlag } from './az-command.ts';

/** From az's flag to podid's; `null` says that podid has no need of it. */
export type Equivalents = Readonly<Record<string, string | null>>;

/** az's short forms, and a few names that mean the same. */
const shortForms: Readonly<Record<string, string>> = {
  '-g': '--resource-group',
  '-n': '--name',
  '-o': '--output',
  '-y': '--yes',
  '-h': '--help',
  '-l': '--location',
};

const switches: readonly string[] = [
  ...['--only-show-errors', '--verbose', '--debug', '--help', '--no-wait', '--yes'],
  ...['--enable-pod-identity', '--enable-pod-identity-with-kubenet', '--disable-pod-identity'],
  '--enable-managed-identity',
];
const lists: readonly string[] = ['--pod-labels', '--identities', '--ids'];

/**
 * The flags under their full names, as az reads them: abbreviated as far as they are unique, the last one where one is
 * repeated, each with as many values as it takes.
 *
 * @param known the full names that the command has, as far as they matter
 * @throws PodidError InvalidUsage
 */
export function readAzFlags(flags: readonly AzFlag[], known: readonly string[]): AzFlag[] {
  const named = flags.map((flag) => ({ ...flag, name: fullName(flag.name, known), typed: flag.name }));
  for (const flag of named.filter(({ name }) => known.includes(name))) {
    checkValues(flag);
  }
  // Of what az knows and podid does not, a repetition may mean something.
  return named.filter(
    ({ name }, index) => !known.includes(name) || named.findLastIndex((each) => each.name === name) === index,
  );
}

function fullName(typed: string, known: readonly string[]): string {
  const name = shortForms[typed] ?? typed;
  if (known.includes(name) || !name.startsWith('--')) {
    return name;
  }
  const meant = known.filter((each) => each.startsWith(name));
  if (meant.length > 1) {
    throw refused(`${typed} may be ${meant.join(' or ')}; az refuses it, too.`);
  }
  return meant[0] ?? name;
}

function checkValues({ name, values }: AzFlag): void {
  const unseen = values.find((value) => isUnseen(bare(value)));
  if (unseen !== undefined) {
    throw refused(`What ${unseen} stands for cannot be seen: write the words out behind ${name}.`);
  }
  const [first, second] = values;
  if (switches.includes(name)) {
    if (first !== undefined) {
      throw refused(`${name} takes no value, so ${first} behind it is one word too many.`);
    }
    return;
  }
  if (lists.includes(name)) {
    if (name === '--pod-labels' && values.every((value) => bare(value) === '')) {
      throw refused(
        'An exception without labels excepts no pod, and podid makes none: give --pod-labels a label.',
      );
    }
    return;
  }
  if (first === undefined) {
    throw refused(`${name} needs a value.`);
  }
  if (second !== undefined) {
    throw refused(`${name} takes one value, so ${second} behind it is one word too many.`);
  }
}

/** Several words by one name: `"$@"`, an array, PowerShell's splatting; or a file of az's, `@labels.txt`. */
function isUnseen(value: string): boolean {
  return /^\$(?:[@*]|\{?\w+\[[@*]\])|^@[\w.{"']/.test(value);
}

/** @throws PodidError InvalidUsage naming every flag without an equivalent */
export function translateFlags(
  flags: readonly AzFlag[],
  equivalents: Equivalents,
  command: string,
): AzFlag[] {
  const unknown = flags.filter(({ name }) => !Object.hasOwn(equivalents, name)).map(({ name }) => name);
  if (unknown.length > 0) {
    throw refused(`${command} with ${unknown.join(', ')} cannot be translated as a whole.`);
  }
  return flags.flatMap(({ name, values }) => {
    const equivalent = equivalents[name];
    if (typeof equivalent !== 'string') {
      return [];
    }
    return [{ name: equivalent, values: equivalent === '-o' ? values.map(outputEquivalent) : values }];
  });
}

/** Colours are az's alone, and so are capital letters. */
function outputEquivalent(format: string): string {
  const lower = bare(format).toLowerCase();
  return /^[a-z]+$/.test(lower) ? lower : format;
}

/** For a command that stays with az. */
export function asTyped(flags: readonly AzFlag[]): AzFlag[] {
  return flags.map(({ name, typed = name, values }) => ({ name: typed, values }));
}

export function has(flags: readonly AzFlag[], ...names: readonly string[]): boolean {
  return flags.some(({ name }) => names.includes(name));
}

/** As typed, without quotes around. */
export function bare(value: string): string {
  return value.replace(/^(["'])(.*)\1$/s, '$2');
}

/** An az command that podid could only translate by half. */
export function refused(message: string): PodidError {
  return new PodidError('InvalidUsage', message, {
    hint: advice`podid from-az --help lists what can be translated`,
  });
}
