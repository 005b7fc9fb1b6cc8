import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AzCommand, AzFlag, AzTranslation } from './az-command.ts';
import { translateAksCommand } from './translate-az-aks.ts';
import { translateMachineCommand } from './translate-az-machine.ts';

/**
 * The podid command for an az one. What has no twin but belongs to the work with pod identity stays as it is.
 *
 * @throws PodidError InvalidUsage for all that cannot be translated
 */
export function translateAz(command: AzCommand): AzTranslation {
  const [group, verb] = command.words;
  if (group === 'aks') {
    return translateAksCommand(command);
  }
  if ((group === 'vm' || group === 'vmss') && verb === 'identity') {
    return translateMachineCommand(command);
  }
  if (group === 'extension' && isAbout(command, 'aks-preview')) {
    return { line: '', notes: ['Nothing to type: podid needs neither az nor its extension.'] };
  }
  if (group === 'feature' || group === 'provider') {
    return registration(command);
  }
  if (command.words.join(' ') === 'role assignment delete') {
    return revocation(command);
  }
  const note = staying[command.words.join(' ')];
  if (note === undefined) {
    throw untranslatable(`az ${command.words.join(' ')}`, verb === undefined);
  }
  return { line: azLine(command), notes: [note] };
}

/**
 * az commands that the documentation of pod identity uses beside its own, and what podid has for some of
 * them.
 */
const staying: Readonly<Record<string, string>> = {
  'group create': 'Stays az: podid does not create resource groups.',
  'group show': 'Stays az: podid does not manage resource groups.',
  'identity create': 'Stays az; podid add --create-identity makes a missing identity, too.',
  'identity show': 'Stays az; podid takes the id alone and looks the rest up.',
  'identity delete':
    'Stays az. Delete the entry first: one whose identity is gone blocks every other change.',
  'role assignment create': 'Stays az; podid add --grant ROLE=SCOPE gives an identity its roles, too.',
  'role assignment list': 'Stays az; podid cluster show lists the entries that lack the cluster’s role.',
};

function registration(command: AzCommand): AzTranslation {
  const words = command.words.join(' ');
  if (words === 'feature register' && isAbout(command, 'EnablePodIdentityPreview')) {
    const note =
      'Stays az; podid enable --register-feature registers the feature, waits for it and registers the provider again.';
    return { line: azLine(command), notes: [note] };
  }
  if (words === 'feature unregister' && isAbout(command, 'EnablePodIdentityPreview')) {
    const note =
      'Stays az. It applies to the whole subscription and turns nothing off on any cluster; podid disable turns one cluster off.';
    return { line: azLine(command), notes: [note] };
  }
  if (['feature show', 'feature list', 'provider register', 'provider show'].includes(words)) {
    return { line: azLine(command), notes: ['Stays az; podid enable --register-feature does it too.'] };
  }
  throw untranslatable(`az ${words}`, false);
}

const operatorRoleNames = ['managed identity operator', 'f1a07417-d97a-45cb-824c-7a7467783830'];

/**
 * The documentation revokes the role from the application's identity, which never had it: the cluster's
 * control plane has.
 */
function revocation(command: AzCommand): AzTranslation {
  const role = bare(
    command.flags.find(({ name }) => name === '--role')?.values.join(' ') ?? '',
  ).toLowerCase();
  const isOperator = operatorRoleNames.some((name) => role.endsWith(name));
  if (!isOperator) {
    return { line: azLine(command), notes: ['Stays az: podid revokes its own role alone.'] };
  }
  const principal = '"$(podid cluster show --query identity.principalId -o tsv)"';
  const flags = command.flags.map((flag) =>
    ['--assignee', '--assignee-object-id'].includes(flag.name) ? { ...flag, values: [principal] } : flag,
  );
  return {
    line: azLine({ ...command, flags }),
    notes: [
      "Corrected: the role Managed Identity Operator belongs to the cluster's control plane, not to the application's identity, which the command named.",
      'PODID_RESOURCE_GROUP and PODID_CLUSTER_NAME name the cluster. Run it before the managed identity is deleted; podid delete --revoke-role does both in one go.',
    ],
  };
}

function isAbout(command: AzCommand, name: string): boolean {
  return command.flags.some(
    (flag) =>
      ['--name', '-n'].includes(flag.name) &&
      bare(flag.values.join(' ')).toLowerCase() === name.toLowerCase(),
  );
}

/** As typed, without quotes around. */
function bare(value: string): string {
  return value.replace(/^(["'])(.*)\1$/s, '$2');
}

/** The az command again, whatever podid knows of its flags. */
function azLine({ words, flags }: AzCommand): string {
  return ['az', ...words, ...flags.flatMap(({ name, values }: AzFlag) => [name, ...values])].join(' ');
}

function untranslatable(what: string, short: boolean): PodidError {
  return new PodidError(
    'InvalidUsage',
    short
      ? `${what} is not a complete command.`
      : `${what} has no equivalent in podid and is not part of working with pod identity.`,
    { hint: advice`podid from-az --help lists what can be translated` },
  );
}
