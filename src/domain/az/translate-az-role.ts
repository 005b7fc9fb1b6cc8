import type { AzCommand, AzTranslation } from './az-command.ts';
import { asTyped, bare, has, readAzFlags, refused } from './az-flags.ts';

const known = [
  ...['--role', '--assignee', '--assignee-object-id', '--assignee-principal-type', '--scope'],
  ...['--resource-group', '--ids', '--subscription', '--query', '--output'],
];
const operatorRoleNames = ['managed identity operator', 'f1a07417-d97a-45cb-824c-7a7467783830'];

/** `az role assignment create|delete`: of the roles, podid grants and revokes one. */
export function translateRoleCommand(command: AzCommand): AzTranslation {
  const flags = readAzFlags(command.flags, known);
  const role = bare(flags.find(({ name }) => name === '--role')?.values.join(' ') ?? '')
    .replace(/\\(.)/g, '$1')
    .toLowerCase();
  const isOperator = operatorRoleNames.some((name) => role.endsWith(name));
  if (command.words[2] === 'delete') {
    return isOperator ? revocation(command) : kept('Stays az: podid revokes its own role alone.');
  }
  if (!isOperator) {
    return kept('Stays az; podid add --grant ROLE=SCOPE gives an identity its roles, too.');
  }
  if (command.consumed) {
    return kept('Stays az, since something reads its result; podid add assigns this role by itself.');
  }
  return {
    kind: 'typed',
    commands: [],
    notes: [
      "Nothing to type for the add-on: podid add gives the role Managed Identity Operator to the cluster's control plane, on the one identity. podid-mic and upstream's MIC need it for their own principal; for them it stays az.",
    ],
  };
}

function kept(note: string): AzTranslation {
  return { kind: 'kept', notes: [note] };
}

/**
 * The documentation revokes the role from the application's identity, which never had it: the cluster's
 * control plane has.
 */
function revocation(command: AzCommand): AzTranslation {
  const flags = readAzFlags(command.flags, known);
  if (has(flags, '--ids') || !has(flags, '--assignee', '--assignee-object-id')) {
    return kept('Stays az: it names no principal that could be the wrong one.');
  }
  if (command.shell === 'cmd') {
    throw refused(
      "The role Managed Identity Operator belongs to the cluster's control plane, not to the application's identity: write the id that podid cluster show --query identity.principalId prints. podid delete --revoke-role removes it, too.",
    );
  }
  const { cluster = [] } = command;
  const where = cluster.flatMap(({ name, values }) => [name, ...values]).map((word) => ` ${word}`);
  const principal = `"$(podid cluster show${where.join('')} --query identity.principalId -o tsv)"`;
  const corrected = flags.map((flag) =>
    ['--assignee', '--assignee-object-id'].includes(flag.name) ? { ...flag, values: [principal] } : flag,
  );
  return {
    kind: 'typed',
    commands: [{ head: `az ${command.words.join(' ')}`, flags: asTyped(corrected) }],
    notes: [
      "Corrected: the role Managed Identity Operator belongs to the cluster's control plane, not to the application's identity, which the command named.",
      cluster.length > 0
        ? 'Run it before the managed identity is deleted; podid delete --revoke-role does both in one go.'
        : 'PODID_RESOURCE_GROUP and PODID_CLUSTER_NAME name the cluster. Run it before the managed identity is deleted; podid delete --revoke-role does both in one go.',
    ],
  };
}
