import type { RoleDefinition } from '../../domain/azure/role-assignment.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import { checkPage, endingPages } from '../connection/page-history.ts';
import { aboutRoles, authorizationClient, bare } from './role-requests.ts';

export async function readDefinition(
  connection: ArmConnection,
  roleDefinitionId: string,
  signal: AbortSignal,
): Promise<RoleDefinition> {
  const client = connection.equip(authorizationClient(connection, roleDefinitionId), 'reads');
  const about = aboutRoles(connection, 'read the role definition', 'roleDefinitions/read', roleDefinitionId);
  const found = await connection.call(about, signal, () =>
    client.roleDefinitions.getById(bare(roleDefinitionId), { abortSignal: signal }),
  );
  const permissions = (found.permissions ?? []).map(
    ({ actions, notActions, dataActions, notDataActions }) => ({
      actions: actions ?? [],
      notActions: notActions ?? [],
      dataActions: dataActions ?? [],
      notDataActions: notDataActions ?? [],
    }),
  );
  return { id: found.id ?? roleDefinitionId, roleName: found.roleName ?? '', permissions };
}

/** Azure's filter knows the name alone, compared without case. */
export async function findDefinition(
  connection: ArmConnection,
  { roleName, scope }: { roleName: string; scope: string },
  signal: AbortSignal,
): Promise<string> {
  const client = connection.equip(authorizationClient(connection, scope), 'reads');
  const filter = `roleName eq '${roleName.replaceAll("'", "''")}'`;
  const about = aboutRoles(connection, 'list the role definitions of', 'roleDefinitions/read', scope);
  const found = await connection.call(about, signal, async () => {
    const list = client.roleDefinitions.list(bare(scope), {
      filter,
      abortSignal: signal,
      onResponse: checkPage,
    });
    for await (const page of endingPages(list.byPage())) {
      const role = page.find((each) => each.roleName?.toLowerCase() === roleName.toLowerCase());
      if (role?.name) {
        return role.name;
      }
    }
    return undefined;
  });
  if (found !== undefined) {
    return found.toLowerCase();
  }
  throw new PodidError('RoleNotFound', `No role is called ${JSON.stringify(roleName)} at ${scope}.`, {
    hint: advice`az role definition list --query "[].roleName" -o tsv  # lists them`,
    target: scope,
  });
}
