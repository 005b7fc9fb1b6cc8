import { type Machine, machineTypes } from '../../domain/azure/machines.ts';
import { allowsAction } from '../../domain/azure/operator-role.ts';
import { assignIdentityAction, type RoleDefinition } from '../../domain/azure/role-assignment.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';

interface NeededRight {
  readonly action: string;
  readonly scope: string;
}

/** As Azure names it in a refusal; its built-in roles grant it as `assignIdentityAction`. */
const assignAction = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

export interface RightsFor {
  /** The identities that are put on machines; none when they are taken away. */
  readonly assigned: readonly string[];
  /** Whether instances of scale sets with manual upgrades are upgraded. */
  readonly upgradeInstances?: boolean | undefined;
}

/**
 * The caller's own rights, before anything is written: all that is missing in one answer. What cannot be
 * looked up is left to Azure's own answer.
 *
 * @throws PodidError AssignForbidden
 */
export async function checkAssignRights(
  { azure, signal }: { readonly azure: Pick<Azure, 'permissions' | 'caller'>; readonly signal: AbortSignal },
  machines: readonly Machine[],
  { assigned, upgradeInstances = false }: RightsFor,
): Promise<void> {
  const needed = [
    ...machines.flatMap((machine) => rightsOn(machine, upgradeInstances)),
    ...assigned.map((scope) => ({ action: assignAction, scope })),
  ];
  const scopes = [...new Set(needed.map(({ scope }) => scope))];
  const found = await eachConcurrently(scopes, async (scope) => {
    const permissions = await azure.permissions.at(scope, signal).catch(unseen);
    const role = permissions && { id: '', roleName: '', permissions };
    return needed.filter((one) => one.scope === scope && role && !allows(role, one.action));
  });
  const missing = found.flat();
  if (missing.length > 0) {
    throw forbidden(azure.caller(), missing);
  }
}

function rightsOn({ resourceId, kind, upgradeMode }: Machine, upgradeInstances: boolean): NeededRight[] {
  const write = { action: `${machineTypes[kind]}/write`, scope: resourceId };
  const isManual = upgradeMode?.toLowerCase() === 'manual';
  return isManual && upgradeInstances
    ? [write, { action: `${machineTypes[kind]}/manualupgrade/action`, scope: resourceId }]
    : [write];
}

function allows(role: RoleDefinition, action: string): boolean {
  return allowsAction(role, action) || (action === assignAction && allowsAction(role, assignIdentityAction));
}

function unseen(error: unknown): undefined {
  if (isPodidError(error, 'Forbidden', 'Unavailable', 'AzureRefused')) {
    return undefined;
  }
  throw error;
}

function forbidden(caller: string, missing: readonly NeededRight[]): PodidError {
  const texts = missing.map(({ action, scope }) => `${action} on ${scope}`);
  const first = missing[0];
  const role = first?.action === assignAction ? 'Managed Identity Operator' : 'Virtual Machine Contributor';
  return new PodidError(
    'AssignForbidden',
    texts.length === 1
      ? `${caller} lacks ${texts[0]}.`
      : `${caller} lacks ${texts.length} rights that this needs; nothing was changed.`,
    {
      hint: advice`Ask an owner for them: ${command('az role assignment create --assignee PRINCIPAL --role', role, '--scope', first?.scope ?? '')}`,
      target: first?.scope,
      ...(texts.length === 1
        ? {}
        : { details: texts.map((message) => ({ code: 'AssignForbidden', message })) }),
    },
  );
}
