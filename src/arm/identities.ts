import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import type { Identities } from '../domain/ports.ts';
import { managedIdentityType, parseResourceId } from '../domain/resource-id.ts';
import { PodidError } from '../errors/podid-error.ts';
import type { ArmConnection } from './arm-connection.ts';

/** User-assigned managed identities, in any subscription of the tenant. */
export function armIdentities(connection: ArmConnection): Identities {
  return {
    async get(resourceId, signal) {
      const id = parseResourceId(resourceId, managedIdentityType);
      if (id === undefined)
        throw new PodidError('InvalidUsage', `${resourceId} is not the id of a managed identity.`);
      const client = connection.equip(
        new ManagedServiceIdentityClient(connection.credential, id.subscriptionId, connection.clientOptions),
        'reads',
      );
      const about = {
        doing: `read managed identity ${id.name}`,
        action: 'Microsoft.ManagedIdentity/userAssignedIdentities/read',
        scope: resourceId,
        caller: connection.caller,
        notFound: 'IdentityNotFound' as const,
      };
      const found = await connection.call(about, signal, () =>
        client.userAssignedIdentities.get(id.resourceGroup, id.name, { abortSignal: signal }),
      );
      const { clientId, principalId, tenantId, location } = found;
      if (!clientId || !principalId) {
        throw new PodidError(
          'IdentityIncomplete',
          `Managed identity ${id.name} has no client id or principal id yet.`,
          {
            hint: 'It was created a moment ago; run the same command again.',
            target: resourceId,
          },
        );
      }
      return {
        resourceId,
        clientId,
        principalId,
        ...(tenantId ? { tenantId } : {}),
        ...(location ? { location } : {}),
      };
    },
  };
}
