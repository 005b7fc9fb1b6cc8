import type { Machine } from './machines.ts';
import { managedIdentityType, sameResource } from './resource-id.ts';
import { isWrittenId } from './written-id.ts';

/**
 * Identities that one PATCH of a machine may name: with more, Azure answers "User Assigned Identities Number
 * '151' Assign exceed limit '150' in one request." It documents no limit of what a machine may carry.
 */
export const identitiesPerRequest = 150;

/**
 * Assignments of an identity to a resource that Azure takes in 20 seconds, by subscription and region (limits
 * of managed identities, Microsoft Entra documentation).
 */
export const assignmentsPer20Seconds = 300;

/** The `identity` of a PATCH: what is not named stays. */
export interface IdentityPatch {
  readonly type: 'SystemAssigned' | 'UserAssigned' | 'SystemAssigned, UserAssigned' | 'None';
  /** Id to `{}` for one to add, to null for one to take away. Absent where the type alone says it. */
  readonly userAssignedIdentities?: Readonly<Record<string, Readonly<Record<string, never>> | null>>;
}

/** The PATCH that adds identities to what the machine has; the type keeps a system-assigned one. */
export function assigningPatch(
  machine: Pick<Machine, 'identityType'>,
  identityIds: readonly string[],
): IdentityPatch {
  return {
    type: isSystemAssigned(machine) ? 'SystemAssigned, UserAssigned' : 'UserAssigned',
    userAssignedIdentities: Object.fromEntries(identityIds.map((id) => [id, {}])),
  };
}

/**
 * The PATCH that takes identities away. With the last one the type loses `UserAssigned`, and Azure then wants
 * no map ("identityIds should not be provided if the type is SystemAssigned").
 */
export function removingPatch(
  machine: Pick<Machine, 'identityType' | 'identityIds'>,
  identityIds: readonly string[],
): IdentityPatch {
  const gone = carriedAmong(machine, identityIds);
  const system = isSystemAssigned(machine);
  if (gone.length === machine.identityIds.length) {
    return { type: system ? 'SystemAssigned' : 'None' };
  }
  return {
    type: system ? 'SystemAssigned, UserAssigned' : 'UserAssigned',
    userAssignedIdentities: Object.fromEntries(gone.map((id) => [id, null])),
  };
}

/**
 * The PATCH that adds and takes away in one. The type keeps a system-assigned identity; what is asked for and
 * there already, or not there, is left out. With the last one gone the type loses `UserAssigned`, as
 * `removingPatch` has it.
 *
 * @returns undefined where nothing would change
 */
export function changingPatch(
  machine: Pick<Machine, 'identityType' | 'identityIds'>,
  change: { readonly add: readonly string[]; readonly remove: readonly string[] },
): IdentityPatch | undefined {
  const add = lackingOf(machine, change.add);
  const remove = carriedAmong(machine, change.remove);
  if (add.length + remove.length === 0) {
    return undefined;
  }
  if (add.length === 0) {
    return removingPatch(machine, remove);
  }
  const { type, userAssignedIdentities } = assigningPatch(machine, add);
  const gone = Object.fromEntries(remove.map((id) => [id, null]));
  return { type, userAssignedIdentities: { ...userAssignedIdentities, ...gone } };
}

/** Of these ids those that the machine carries, as the machine writes them. */
export function carriedAmong(
  { identityIds }: Pick<Machine, 'identityIds'>,
  wanted: readonly string[],
): string[] {
  return identityIds.filter((id) => wanted.some((one) => sameResource(one, id)));
}

/** Of these ids those that the machine lacks, as given. */
export function lackingOf(
  { identityIds }: Pick<Machine, 'identityIds'>,
  wanted: readonly string[],
): string[] {
  return wanted.filter((one) => !identityIds.some((id) => sameResource(id, one)));
}

/**
 * Whether a node of the machine has the identity, which agents ask for by its client id first: undefined where only
 * the client id is known and the machine does not tell those of all its identities.
 */
export function carriesIdentity(
  machine: Pick<Machine, 'identityIds' | 'identityClientIds'>,
  { resourceId, clientId }: { readonly resourceId: string; readonly clientId: string },
): boolean | undefined {
  const told = Object.values(machine.identityClientIds ?? {});
  if (
    carriedAmong(machine, [resourceId]).length > 0 ||
    (clientId !== '' && told.some((own) => own.toLowerCase() === clientId.toLowerCase()))
  ) {
    return true;
  }
  const isWhole = told.length === machine.identityIds.length;
  return isWrittenId(resourceId, managedIdentityType) || (clientId !== '' && isWhole) ? false : undefined;
}

function isSystemAssigned({ identityType }: Pick<Machine, 'identityType'>): boolean {
  return /\bSystemAssigned\b/i.test(identityType);
}
