import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AzCommand, AzFlag, AzTranslation } from './az-command.ts';

type MachineWord = 'vm' | 'vmss';

const verbs: Readonly<Record<string, string>> = { assign: 'assign', remove: 'unassign', show: 'list' };

/** From az's flag to podid's. `-n` is the machine, and `-g` its group: the cluster is named besides. */
const equivalents: Readonly<Record<string, string>> = {
  '--resource-group': '--node-resource-group',
  '-g': '--node-resource-group',
  '--subscription': '--subscription',
  '--identities': '--identities',
  '--output': '-o',
  '-o': '-o',
  '--only-show-errors': '--only-show-errors',
  '--verbose': '--verbose',
  '--debug': '--debug',
};

/**
 * `az vm identity …` and `az vmss identity …`, as upstream's documents of managed mode use them.
 *
 * @throws PodidError InvalidUsage
 */
export function translateMachineCommand({ words, flags }: AzCommand): AzTranslation {
  const [kind, group, word = ''] = words;
  const verb = verbs[word];
  if (group !== 'identity' || verb === undefined || words.length > 3) {
    throw unknown(
      `az ${words.join(' ')} has no equivalent in podid and is not part of working with pod identity.`,
    );
  }
  const ofMachine = machineFlags(kind as MachineWord);
  const unknownFlags = flags.filter(({ name }) => !(name in equivalents) && !(name in ofMachine));
  if (unknownFlags.length > 0) {
    throw unknown(`podid node ${verb} does not know ${unknownFlags.map(({ name }) => name).join(', ')}.`);
  }
  const identities = flags.filter(({ name }) => name === '--identities').flatMap(({ values }) => values);
  if (verb !== 'list' && identities.length === 0) {
    throw systemAssigned();
  }
  if (identities.some((id) => bare(id).toLowerCase() === '[system]')) {
    throw systemAssigned();
  }
  const where = flags.filter(({ name }) => ['-g', '--resource-group'].includes(name));
  const named = identities.some(isName);
  const line = [
    `podid node ${verb}`,
    ...flags.flatMap(({ name, values }) => [
      ofMachine[name] ?? equivalents[name] ?? name,
      ...(name === '--identities' ? values.map((id) => asId(id, where)) : values),
    ]),
  ].join(' ');
  return { line, notes: notesFor(verb, named) };
}

function machineFlags(kind: MachineWord): Readonly<Record<string, string>> {
  return { '--name': `--${kind}`, '-n': `--${kind}`, '--ids': `--${kind}` };
}

function notesFor(verb: string, named: boolean): string[] {
  return [
    'PODID_RESOURCE_GROUP and PODID_CLUSTER_NAME name the cluster whose nodes these are.',
    ...(verb === 'list'
      ? []
      : ['Without --vm and --vmss it does the same on every Linux pool of the cluster.']),
    ...(verb === 'unassign' ? ['It shows what goes and asks; a script needs --yes.'] : []),
    ...(named ? ['podid takes identities by their whole ids; az looks up those of the names.'] : []),
  ];
}

/** az takes names too, and looks for them in the group of the machine. */
function asId(value: string, where: readonly AzFlag[]): string {
  if (!isName(value)) {
    return value;
  }
  const group = where.flatMap(({ values }) => ['-g', ...values]);
  return `"$(${['az identity show', ...group, '-n', value, '--query id -o tsv'].join(' ')})"`;
}

/** What is neither an id nor a variable that may hold one. */
function isName(value: string): boolean {
  return /^[\w-]+$/.test(bare(value));
}

/** As typed, without quotes around. */
function bare(value: string): string {
  return value.replace(/^(["'])(.*)\1$/s, '$2');
}

function systemAssigned(): PodidError {
  return unknown(
    'It is about the system-assigned identity of the machine, which podid leaves alone; it stays az.',
  );
}

function unknown(message: string): PodidError {
  return new PodidError('InvalidUsage', message, {
    hint: advice`podid from-az --help lists what can be translated`,
  });
}
