import type { PodidError } from '../../errors/podid-error.ts';
import type { AzCommand, AzFlag, AzTranslation } from './az-command.ts';
import { type Equivalents, has, readAzFlags, refused, translateFlags } from './az-flags.ts';

export const everywhere: Equivalents = {
  '--resource-group': '-g',
  '--subscription': '--subscription',
  '--query': '--query',
  '--output': '-o',
  '--only-show-errors': '--only-show-errors',
  '--verbose': '--verbose',
  '--debug': '--debug',
  '--help': '--help',
};
const ofEntries: Equivalents = { ...everywhere, '--cluster-name': '-c' };
// az takes no --yes and no --no-wait here, and people write them all the same.
const ofChanges: Equivalents = {
  ...ofEntries,
  '--aks-custom-headers': '--aks-custom-headers',
  '--yes': null,
};
const ofOne: Equivalents = { ...ofChanges, '--name': '--name', '--namespace': '--namespace' };
const withLabels: Equivalents = { ...ofOne, '--pod-labels': '--pod-labels' };

const entryCommands: Readonly<Record<string, Equivalents>> = {
  add: {
    ...ofOne,
    '--identity-resource-id': '--identity-resource-id',
    '--binding-selector': '--binding-selector',
  },
  delete: ofOne,
  list: ofEntries,
  'exception add': withLabels,
  'exception update': withLabels,
  'exception delete': ofOne,
  'exception list': ofEntries,
};

/** What az itself wants, and podid would take from elsewhere: from variables that may name another cluster. */
const needed: Readonly<Record<string, readonly string[]>> = {
  add: ['--namespace', '--identity-resource-id'],
  delete: ['--namespace', '--name'],
  list: [],
  'exception add': ['--namespace', '--pod-labels'],
  'exception update': ['--namespace', '--name', '--pod-labels'],
  'exception delete': ['--namespace', '--name'],
  'exception list': [],
};

/** `az aks pod-identity …`, each of whose commands has an equivalent. */
export function translateEntryCommand(command: AzCommand): AzTranslation {
  const words = command.words.slice(2).join(' ');
  const equivalents = entryCommands[words];
  if (equivalents === undefined) {
    throw notOne(words);
  }
  const flags = readAzFlags(command.flags, Object.keys(equivalents));
  const called = `az aks pod-identity ${words}`;
  const translated = translateFlags(flags, equivalents, called);
  if (has(flags, '--help')) {
    return { kind: 'typed', commands: [{ head: `podid ${words}`, flags: translated }], notes: [] };
  }
  checkNamed(flags, ['--cluster-name', ...(needed[words] ?? [])], called);
  const raw = command.consumed || has(flags, '--query');
  const commands = [{ head: `podid ${words}`, flags: [...translated, ...rawFlag(raw)] }];
  return { kind: 'typed', commands, notes: [...notesOf(words, flags, raw), ...groupNote(flags)] };
}

function notOne(words: string): PodidError {
  const begun = Object.keys(entryCommands).find((each) => words.startsWith(`${each} `));
  return begun === undefined
    ? refused(`az aks pod-identity${words === '' ? '' : ` ${words}`} is not a command of az.`)
    : refused(`${words.slice(begun.length + 1)} behind az aks pod-identity ${begun} is not a flag of it.`);
}

function notesOf(words: string, flags: readonly AzFlag[], raw: boolean): string[] {
  return [
    raw
      ? 'What reads the result expects the whole cluster, which --raw-cluster prints as az does.'
      : 'It prints the entries alone; --raw-cluster prints the whole cluster, as az does.',
    ...(words.endsWith('delete')
      ? ['Unlike az it ends with 4 when there is no such entry; --ignore-not-found makes that 0.']
      : []),
    ...(words === 'exception add' && !has(flags, '--name')
      ? ['podid makes a name for the exception from its labels and says it.']
      : []),
    ...(has(flags, '--yes') ? ['Left out: --yes, since podid asks nothing here.'] : []),
  ];
}

/** @throws PodidError InvalidUsage */
export function checkNamed(flags: readonly AzFlag[], names: readonly string[], command: string): void {
  const missing = names.filter((name) => !has(flags, name));
  if (missing.length > 0) {
    throw refused(`${command} needs ${missing.join(' and ')}, which this command does not have.`);
  }
}

/** Both tools know a default group, and podid looks into a variable of its own first. */
export function groupNote(flags: readonly AzFlag[]): string[] {
  return has(flags, '--resource-group')
    ? []
    : ["It names no resource group: podid takes PODID_RESOURCE_GROUP, else az's default group."];
}

export function rawFlag(raw: boolean): AzFlag[] {
  return raw ? [{ name: '--raw-cluster', values: [] }] : [];
}
