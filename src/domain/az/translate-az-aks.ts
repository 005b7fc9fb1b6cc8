import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AzCommand, AzFlag, AzTranslation } from './az-command.ts';

/**
 * `az aks …`: pod identity has twins; of create and update the flags of pod identity move into a podid
 * command of their own.
 */
export function translateAksCommand(command: AzCommand): AzTranslation {
  const words = command.words.slice(1);
  const joined = words.join(' ');
  if (words[0] === 'pod-identity') {
    return translateEntryCommand(command, words.slice(1).join(' '));
  }
  if (joined === 'update') {
    return translateUpdate(command);
  }
  if (joined === 'create') {
    return translateCreate(command);
  }
  if (
    ['get-credentials', 'show', 'list', 'nodepool upgrade', 'nodepool list', 'nodepool show'].includes(joined)
  ) {
    const note =
      joined === 'show'
        ? "Stays az; podid status and podid cluster show print the cluster's state and identities."
        : 'Stays az.';
    return { line: lineOf(`az ${command.words.join(' ')}`, command.flags), notes: [note] };
  }
  throw unknown(`az ${command.words.join(' ')} has no equivalent in podid.`);
}

/** From az's flag to podid's; `null` says that podid has no need of it. */
type Equivalents = Readonly<Record<string, string | null>>;

const everywhere: Equivalents = {
  '--resource-group': '-g',
  '-g': '-g',
  '--subscription': '--subscription',
  '--query': '--query',
  '--output': '-o',
  '-o': '-o',
  '--only-show-errors': '--only-show-errors',
  '--verbose': '--verbose',
  '--debug': '--debug',
};
const ofEntries: Equivalents = { ...everywhere, '--cluster-name': '-c' };
const ofChanges: Equivalents = { ...ofEntries, '--aks-custom-headers': '--aks-custom-headers' };
const ofOne: Equivalents = { ...ofChanges, '--name': '--name', '-n': '--name', '--namespace': '--namespace' };
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

function translateEntryCommand({ flags }: AzCommand, words: string): AzTranslation {
  const equivalents = entryCommands[words];
  if (equivalents === undefined) {
    throw unknown(`az aks pod-identity ${words} is not a command of az.`);
  }
  const translated = translateFlags(flags, equivalents, `az aks pod-identity ${words}`);
  const raw = asksForCluster(flags);
  const notes = [
    raw
      ? 'The query is about the whole cluster, which --raw-cluster prints as az does.'
      : 'It prints the entries alone; --raw-cluster prints the whole cluster, as az does.',
    ...(words.endsWith('delete')
      ? ['Unlike az it ends with 4 when there is no such entry; --ignore-not-found makes that 0.']
      : []),
  ];
  return { line: lineOf(`podid ${words}`, [...translated, ...rawFlag(raw)]), notes };
}

const ofUpdate: Equivalents = {
  ...everywhere,
  '--name': '-c',
  '-n': '-c',
  '--aks-custom-headers': '--aks-custom-headers',
  '--no-wait': '--no-wait',
  '--yes': '--yes',
  '-y': '--yes',
  '--if-match': null,
};
const identityFlags = ['--enable-managed-identity', '--assign-identity', '--assign-kubelet-identity'];
const podIdentityFlags = [
  '--enable-pod-identity',
  '--enable-pod-identity-with-kubenet',
  '--disable-pod-identity',
];

/**
 * The identities first, since the add-on needs a managed identity; what podid does not know stays with az and
 * comes before both.
 */
function translateUpdate({ words, flags }: AzCommand): AzTranslation {
  const has = (name: string) => flags.some((flag) => flag.name === name);
  const enable = has('--enable-pod-identity');
  const disable = has('--disable-pod-identity');
  if (enable && disable) {
    throw unknown('--enable-pod-identity and --disable-pod-identity exclude each other.');
  }
  const identities = flags.filter(({ name }) => identityFlags.includes(name));
  const known = [...Object.keys(ofUpdate), ...identityFlags, ...podIdentityFlags];
  const unknownFlags = flags.filter(({ name }) => !known.includes(name));
  const shared = flags.filter(({ name }) => name in ofUpdate);
  const common = translateFlags(shared, ofUpdate, 'az aks update');
  const withoutYes = common.filter(({ name }) => name !== '--yes');
  const consent = flags.filter(({ name }) => name === '--enable-pod-identity-with-kubenet');
  const lines = [
    ...(unknownFlags.length === 0 ? [] : [lineOf(`az ${words.join(' ')}`, [...shared, ...unknownFlags])]),
    ...(identities.length === 0 ? [] : [lineOf('podid cluster update', [...common, ...identities])]),
    ...(enable
      ? [lineOf('podid enable', [...withoutYes, ...consent, ...rawFlag(asksForCluster(flags))])]
      : []),
    ...(disable ? [lineOf('podid disable', [...common, ...rawFlag(asksForCluster(flags))])] : []),
  ];
  if (!enable && consent.length > 0) {
    throw unknown(
      '--enable-pod-identity-with-kubenet alone does nothing; it goes with --enable-pod-identity.',
    );
  }
  if (unknownFlags.length > 0 && lines.length === 1) {
    throw unknown('Nothing in it is about pod identity; it stays az.');
  }
  if (lines.length === 0) {
    throw unknown('Nothing in it is about pod identity.');
  }
  return {
    line: lines.join(' && '),
    notes: updateNotes(flags, disable, identities.length > 0, lines.length),
  };
}

function updateNotes(
  flags: readonly AzFlag[],
  disable: boolean,
  identities: boolean,
  commands: number,
): string[] {
  const has = (...names: string[]) => flags.some(({ name }) => names.includes(name));
  return [
    ...(commands > 1 ? ['Several commands: each does its part and the next waits for it.'] : []),
    ...(commands > 1 && has('--no-wait')
      ? ['With --no-wait a command that follows may find the cluster busy; leave it out of all but the last.']
      : []),
    ...((disable || identities) && !has('--yes', '-y')
      ? ['It shows what it would change and asks; a script needs --yes.']
      : []),
    ...(has('--enable-pod-identity')
      ? ['Unlike az it leaves entries that are there already as they are.']
      : []),
    ...(has('--if-match') ? ['podid sends the eTag that it read by itself, so --if-match is left out.'] : []),
  ];
}

/** A cluster is made by az; the add-on is turned on when it is there, since Azure takes no entries before. */
function translateCreate({ words, flags }: AzCommand): AzTranslation {
  const enable = flags.some(({ name }) => name === '--enable-pod-identity');
  const staying = flags.filter(({ name }) => !podIdentityFlags.includes(name));
  const az = lineOf(`az ${words.join(' ')}`, staying);
  if (!enable) {
    return { line: az, notes: ['Stays az: podid does not create clusters.'] };
  }
  const where = flags.filter(({ name }) =>
    ['--resource-group', '-g', '--name', '-n', '--subscription', '--aks-custom-headers'].includes(name),
  );
  const consent = flags.filter(({ name }) => name === '--enable-pod-identity-with-kubenet');
  const podid = lineOf('podid enable', [...translateFlags(where, ofUpdate, 'az aks create'), ...consent]);
  return {
    line: `${az} && ${podid}`,
    notes: ['az creates the cluster; podid then turns pod identity on.'],
  };
}

/** @throws PodidError InvalidUsage naming every flag without a twin */
function translateFlags(flags: readonly AzFlag[], equivalents: Equivalents, command: string): AzFlag[] {
  const unknownFlags = flags.filter(({ name }) => !Object.hasOwn(equivalents, name)).map(({ name }) => name);
  if (unknownFlags.length > 0) {
    throw unknown(`${command} does not know ${unknownFlags.join(', ')}.`);
  }
  return flags.flatMap(({ name, values }) => {
    const equivalent = equivalents[name];
    if (typeof equivalent !== 'string') {
      return [];
    }
    return [{ name: equivalent, values: equivalent === '-o' ? values.map(outputEquivalent) : values }];
  });
}

/** Colours are az's alone. */
function outputEquivalent(format: string): string {
  return { jsonc: 'json', yamlc: 'yaml' }[format] ?? format;
}

function asksForCluster(flags: readonly AzFlag[]): boolean {
  return flags.some(({ name }) => name === '--query');
}

function rawFlag(raw: boolean): AzFlag[] {
  return raw ? [{ name: '--raw-cluster', values: [] }] : [];
}

function lineOf(words: string, flags: readonly AzFlag[]): string {
  return [words, ...flags.flatMap(({ name, values }) => [name, ...values])].join(' ');
}

function unknown(message: string): PodidError {
  return new PodidError('InvalidUsage', message, {
    hint: advice`podid from-az --help lists what can be translated`,
  });
}
