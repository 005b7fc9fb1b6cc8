import { type Identity, ManagedServiceIdentityClient } from '@azure/arm-msi';
import {
  managedIdentityType,
  parseResourceId,
  type ResourceId,
  sameResource,
} from '../../domain/azure/resource-id.ts';
import type { Identities, IdentitySummary, ManagedIdentity } from '../../domain/ports.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { checkPage } from '../connection/page-history.ts';

/** User-assigned managed identities, in any subscription of the tenant. */
export function armIdentities(connection: ArmConnection): Identities {
  return {
    async list(subscriptionId, signal) {
      const about: ArmRequest = {
        doing: 'list managed identities',
        action: 'Microsoft.ManagedIdentity/userAssignedIdentities/read',
        scope: `/subscriptions/${subscriptionId}`,
        caller: connection.caller,
        notFound: 'SubscriptionNotFound',
      };
      return connection.call(about, signal, async () => {
        const { userAssignedIdentities } = clientFor(connection, { subscriptionId });
        const found: IdentitySummary[] = [];
        for await (const identity of userAssignedIdentities.listBySubscription({
          abortSignal: signal,
          onResponse: checkPage,
        })) {
          if (identity.id !== undefined) {
            found.push({ resourceId: identity.id, location: identity.location, ...idsOf(identity) });
          }
        }
        return found;
      });
    },
    async get(resourceId, signal) {
      const id = identityId(resourceId);
      const about = aboutIdentity(connection, id, 'read');
      const found = await connection.call(about, signal, () =>
        clientFor(connection, id).userAssignedIdentities.get(id.resourceGroup, id.name, {
          abortSignal: signal,
        }),
      );
      return readIdentity(id, found);
    },
    async create(resourceId, location, signal) {
      const id = identityId(resourceId);
      const about = aboutIdentity(connection, id, 'write');
      // A repeat of this PUT makes no second identity, so a transient failure is tried again.
      const created = await connection.call(about, signal, () =>
        clientFor(connection, id).userAssignedIdentities.createOrUpdate(
          id.resourceGroup,
          id.name,
          { location },
          { abortSignal: signal },
        ),
      );
      return readIdentity(id, created);
    },
  };
}

function identityId(resourceId: string): ResourceId {
  const id = parseResourceId(resourceId, managedIdentityType);
  if (id === undefined) {
    throw new PodidError('InvalidUsage', `${resourceId} is not the id of a managed identity.`);
  }
  return id;
}

function clientFor(
  connection: ArmConnection,
  id: Pick<ResourceId, 'subscriptionId'>,
): ManagedServiceIdentityClient {
  return connection.equip(
    new ManagedServiceIdentityClient(connection.credential, id.subscriptionId, connection.clientOptions),
    'reads',
  );
}

function aboutIdentity(connection: ArmConnection, id: ResourceId, right: 'read' | 'write'): ArmRequest {
  return {
    doing: `${right === 'read' ? 'read' : 'create'} managed identity ${id.name}`,
    action: `Microsoft.ManagedIdentity/userAssignedIdentities/${right}`,
    scope: id.text,
    caller: connection.caller,
    notFound: 'IdentityNotFound',
  };
}

/** Those that Azure has given it. */
function idsOf({ clientId, principalId, tenantId }: Identity): Partial<ManagedIdentity> {
  return {
    ...(clientId ? { clientId } : {}),
    ...(principalId ? { principalId } : {}),
    ...(tenantId ? { tenantId } : {}),
  };
}

function readIdentity(id: ResourceId, found: Identity): ManagedIdentity {
  const { clientId, principalId, tenantId, location } = found;
  if (!clientId || !principalId) {
    throw new PodidError(
      'IdentityIncomplete',
      `Managed identity ${id.name} has no client id or principal id yet.`,
      {
        hint: advice`It was created a moment ago; run the same command again.`,
        target: id.text,
      },
    );
  }
  return {
    resourceId: sameResource(found.id ?? '', id.text) ? (found.id ?? id.text) : id.text,
    clientId,
    principalId,
    ...(tenantId ? { tenantId } : {}),
    ...(location ? { location } : {}),
  };
}
