import { operatorAssignment } from '../../../domain/azure/operator-role.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, fail, listed, pass, unread, warn } from '../check.ts';
import { entriesWithIdentity } from '../chosen-entries.ts';
import type { Evidence, OperatorRoleProbe } from '../evidence.ts';
import { readOr } from '../probe.ts';

/**
 * Whether the cluster's identity of today may assign the entries' identities: after a change of the cluster's
 * identity it often may not.
 */
export const operatorRole: Check = {
  name: 'operator-role',
  behind: ['add-on', 'cluster-identity'],
  judge(evidence) {
    const probes = identitiesToAssign(evidence).map(([id, probed]) => ({ id, probed }));
    const missing = missingGrants(evidence);
    if (missing.length > 0) {
      return fail(
        `The cluster's principal ${missing[0]?.principalId} has no Managed Identity Operator on ${listed(missing.map(({ scope }) => scope))}. Azure refuses every change while it is missing, and new nodes get no identity.`,
        nextCommand('doctor', evidence.subject.cluster, { fix: true }),
      );
    }
    for (const { probed } of probes) {
      if (probed.kind === 'unread') {
        return unread(probed.error);
      }
    }
    const read = probes.flatMap(({ probed }) => readOr(probed, []));
    const other = read.find(({ otherRole }) => otherRole !== undefined);
    if (other !== undefined) {
      return warn(
        `The cluster's principal has ${other.otherRole} instead of Managed Identity Operator, which allows the same and more.`,
      );
    }
    if (read.some((each) => operatorAssignment(each.rows)?.hasCondition)) {
      return warn(
        'The role has a condition, which may keep it from working.',
        advice`az role assignment list --all`,
      );
    }
    return pass("The cluster's principal has Managed Identity Operator wherever it is needed.");
  },
};

export interface MissingGrant {
  /** Id of the managed identity. */
  readonly scope: string;
  readonly principalId: string;
}

/** Identities on which the role was looked for and is not. */
export function missingGrants(evidence: Evidence): readonly MissingGrant[] {
  return identitiesToAssign(evidence).flatMap(([scope, probed]) => {
    if (probed.kind === 'unread' || !lacksRole(probed.value)) {
      return [];
    }
    return [{ scope, principalId: probed.value.principalId }];
  });
}

function lacksRole({ rows, otherRole }: OperatorRoleProbe): boolean {
  return operatorAssignment(rows) === undefined && otherRole === undefined;
}

function identitiesToAssign(evidence: Evidence) {
  if (!readOr(evidence.cluster, undefined)?.profile.enabled) {
    return [];
  }
  const ids = new Map(
    entriesWithIdentity(evidence).map(({ identity }) => [
      identity.resourceId.toLowerCase(),
      identity.resourceId,
    ]),
  );
  return [...ids].flatMap(([key, id]) => {
    const probed = evidence.operatorRoles.get(key);
    return probed === undefined ? [] : [[id, probed] as const];
  });
}
