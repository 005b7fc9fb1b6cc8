import type { AzCommand, AzFlag, AzTranslation } from './az-command.ts';
import { bare, type Equivalents, has, readAzFlags, refused, translateFlags } from './az-flags.ts';

const verbs: Readonly<Record<string, string>> = { assign: 'assign', remove: 'unassign', show: 'list' };

/** From az's flag to podid's. `-n` is the machine, and `-g` its group: the cluster is named besides. */
const equivalents: Equivalents = {
  '--resource-group': '--node-resource-group',
  '--subscription': '--subscription',
  '--identities': '--identities',
  '--output': '-o',
  '--only-show-errors': '--only-show-errors',
  '--verbose': '--verbose',
  '--debug': '--debug',
};

/**
 * `az vm identity …` and `az vmss identity …`, as upstream's documents of managed mode use them.
 *
 * @throws PodidError InvalidUsage
 */
export function translateMachineCommand(command: AzCommand): AzTranslation {
  const [kind = '', , word = ''] = command.words;
  const verb = verbs[word];
  if (verb === undefined || command.words.length > 3) {
    return { kind: 'unknown', reason: `az ${command.words.join(' ')} is not a command of az.` };
  }
  const ofMachine: Equivalents = { ...equivalents, '--name': `--${kind}`, '--ids': `--${kind}` };
  const flags = readAzFlags(command.flags, Object.keys(ofMachine));
  const identities = flags.filter(({ name }) => name === '--identities').flatMap(({ values }) => values);
  if (verb !== 'list' && (identities.length === 0 || identities.some(isSystem))) {
    return {
      kind: 'kept',
      notes: ['Stays az: it is about the system-assigned identity of the machine, which podid leaves alone.'],
    };
  }
  if (!has(flags, '--name', '--ids')) {
    throw refused(`az ${command.words.join(' ')} needs --name, which this command does not have.`);
  }
  if (command.consumed && verb !== 'list') {
    throw refused('What reads its result expects what az prints, and podid prints something else.');
  }
  const translated = translateFlags(flags, ofMachine, `az ${command.words.join(' ')}`);
  const where = flags.filter(({ name }) => name === '--resource-group');
  const named = identities.some(isName);
  if (named && command.shell === 'cmd') {
    throw refused('podid takes identities by their whole ids: write the id, which az identity show prints.');
  }
  const wanted = translated.map((flag) =>
    flag.name === '--identities' ? { ...flag, values: flag.values.map((id) => asId(id, where)) } : flag,
  );
  const { cluster = [] } = command;
  return {
    kind: 'typed',
    commands: [{ head: `podid node ${verb}`, flags: [...cluster, ...wanted] }],
    notes: notesFor(verb, named, cluster.length > 0),
  };
}

function notesFor(verb: string, named: boolean, hasCluster: boolean): string[] {
  return [
    ...(hasCluster
      ? []
      : ['PODID_RESOURCE_GROUP and PODID_CLUSTER_NAME name the cluster whose nodes these are.']),
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

function isSystem(value: string): boolean {
  return bare(value).toLowerCase() === '[system]';
}
