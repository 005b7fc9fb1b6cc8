import type { AzCommand, AzFlag, AzTranslation } from './az-command.ts';
import { asTyped, type Equivalents, has, readAzFlags, refused, translateFlags } from './az-flags.ts';
import { checkNamed, everywhere, groupNote, rawFlag } from './translate-az-entry.ts';

const ofUpdate: Equivalents = {
  ...everywhere,
  '--name': '-c',
  '--aks-custom-headers': '--aks-custom-headers',
  '--no-wait': '--no-wait',
  '--yes': '--yes',
  '--if-match': null,
  '--if-none-match': null,
};
const identityFlags = ['--enable-managed-identity', '--assign-identity', '--assign-kubelet-identity'];
const kubenetFlag = '--enable-pod-identity-with-kubenet';
const podIdentityFlags = ['--enable-pod-identity', kubenetFlag, '--disable-pod-identity'];
/** So that an abbreviation of theirs is not taken for one of pod identity's. */
const likeThem = [
  ...['--enable-pod-security-policy', '--disable-pod-security-policy', '--cluster-name', '--namespace'],
  ...['--assign-', '--enable-m', '--node-', '--no-', '--outbound-type'],
];
const known = [...Object.keys(ofUpdate), ...identityFlags, ...podIdentityFlags];

/** `--cluster-name` is not az's here, and says what is meant. */
function flagsOf(command: AzCommand): AzFlag[] {
  const flags = readAzFlags(command.flags, [...known, ...likeThem.filter((name) => /\w$/.test(name))]);
  if (has(flags, '--name') && has(flags, '--cluster-name')) {
    throw refused('--name and --cluster-name both name the cluster: write --name alone.');
  }
  return flags.map((flag) =>
    flag.name === '--cluster-name' ? { name: '--name', values: flag.values } : flag,
  );
}

/**
 * Of `az aks update` the identities come first, since the add-on needs a managed identity; what podid does not know stays
 * with az and comes before both.
 */
export function translateUpdate(command: AzCommand): AzTranslation {
  const flags = flagsOf(command);
  const [enable, disable] = [has(flags, '--enable-pod-identity'), has(flags, '--disable-pod-identity')];
  const identities = flags.filter(({ name }) => identityFlags.includes(name));
  if (!enable && !disable && identities.length === 0 && !has(flags, kubenetFlag)) {
    return { kind: 'unknown', reason: 'Nothing in it is about pod identity: it stays az.' };
  }
  if (enable && disable) {
    throw refused('--enable-pod-identity and --disable-pod-identity exclude each other.');
  }
  if (!enable && has(flags, kubenetFlag)) {
    throw refused(`${kubenetFlag} alone does nothing; it goes with --enable-pod-identity.`);
  }
  checkNamed(flags, ['--name'], 'az aks update');
  const shared = flags.filter(({ name }) => name in ofUpdate);
  const others = flags.filter(({ name }) => !known.includes(name));
  const common = translateFlags(shared, ofUpdate, 'az aks update');
  const withoutYes = common.filter(({ name }) => name !== '--yes');
  const raw = rawFlag(command.consumed || has(flags, '--query'));
  const consent = flags.filter(({ name }) => name === kubenetFlag);
  const commands = [
    ...(others.length === 0
      ? []
      : [{ head: `az ${command.words.join(' ')}`, flags: asTyped([...shared, ...others]) }]),
    ...(identities.length === 0
      ? []
      : [
          {
            head: 'podid cluster update',
            flags: [...common, ...identities, ...(enable || disable ? [] : raw)],
          },
        ]),
    ...(enable ? [{ head: 'podid enable', flags: [...withoutYes, ...consent, ...raw] }] : []),
    ...(disable ? [{ head: 'podid disable', flags: [...common, ...raw] }] : []),
  ];
  return {
    kind: 'typed',
    commands: withOneResult(commands, command.consumed),
    notes: updateNotes(flags, commands.length),
  };
}

/** Where something reads the output, only the last command may print one. */
function withOneResult<Command extends { readonly flags: readonly AzFlag[] }>(
  commands: readonly Command[],
  consumed: boolean,
): readonly Command[] {
  return commands.map((command, index) =>
    consumed && index < commands.length - 1 ? { ...command, flags: silenced(command.flags) } : command,
  );
}

function silenced(flags: readonly AzFlag[]): AzFlag[] {
  const loud = ['-o', '--output', '--query'];
  return [...flags.filter(({ name }) => !loud.includes(name)), { name: '-o', values: ['none'] }];
}

function updateNotes(flags: readonly AzFlag[], commands: number): string[] {
  const [disable, identities] = [has(flags, '--disable-pod-identity'), has(flags, ...identityFlags)];
  return [
    ...(commands > 1 ? ['Several commands: each does its part and the next waits for it.'] : []),
    ...(commands > 1 && has(flags, '--no-wait')
      ? ['With --no-wait a command that follows may find the cluster busy; leave it out of all but the last.']
      : []),
    ...((disable || identities) && !has(flags, '--yes')
      ? ['It shows what it would change and asks; a script needs --yes.']
      : []),
    ...(has(flags, '--enable-pod-identity')
      ? ['Unlike az it leaves entries that are there already as they are.']
      : []),
    ...(has(flags, '--if-match', '--if-none-match')
      ? ['podid sends the eTag that it read by itself, so --if-match is left out.']
      : []),
    ...groupNote(flags),
  ];
}

/** A cluster is made by az; the add-on is turned on when it is there, since Azure takes no entries before. */
export function translateCreate(command: AzCommand): AzTranslation {
  const flags = flagsOf(command);
  if (!has(flags, '--enable-pod-identity')) {
    if (has(flags, kubenetFlag)) {
      throw refused(`${kubenetFlag} alone does nothing; it goes with --enable-pod-identity.`);
    }
    return { kind: 'kept', notes: ['Stays az: podid does not create clusters.'] };
  }
  if (has(flags, '--service-principal', '--client-secret')) {
    throw refused(
      'Pod identity needs a cluster with a managed identity, so az refuses --enable-pod-identity beside --service-principal. Leave --service-principal and --client-secret out.',
    );
  }
  checkNamed(flags, ['--name'], 'az aks create');
  const staying = flags.filter(({ name }) => !podIdentityFlags.includes(name) && name !== '--no-wait');
  const named = ['--resource-group', '--name', '--subscription', '--aks-custom-headers'];
  const read = command.consumed ? ['--query', '--output'] : [];
  const where = flags.filter(({ name }) => [...named, ...read].includes(name));
  const consent = flags.filter(({ name }) => name === kubenetFlag);
  const enabling = [...translateFlags(where, ofUpdate, 'az aks create'), ...consent];
  const commands = [
    { head: `az ${command.words.join(' ')}`, flags: asTyped(staying) },
    { head: 'podid enable', flags: command.consumed ? [...enabling, ...rawFlag(true)] : enabling },
  ];
  return {
    kind: 'typed',
    commands: withOneResult(commands, command.consumed),
    notes: [
      'az creates the cluster; podid then turns pod identity on.',
      ...(has(flags, '--no-wait')
        ? ['Left out: --no-wait, since the cluster has to be there for podid.']
        : []),
      ...groupNote(flags),
    ],
  };
}
