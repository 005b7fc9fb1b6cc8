import { createHash } from 'node:crypto';
import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import {
  type FederatedCredential,
  type FederatedTrust,
  federatedCredentialName,
} from '../../domain/azure/federated-credential.ts';
import { managedIdentityType, parseResourceId, type ResourceId } from '../../domain/azure/resource-id.ts';
import type { FederatedCredentials } from '../../domain/ports.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { checkPage, endingPages } from '../connection/page-history.ts';
import { adopt, knownAnswer, withSmallestRole } from './explain-credential-refusal.ts';
import { pacedWrites, pauseAfter } from './paced-writes.ts';

/** So often a list is asked for while Azure is busy, beyond the quick retries of every read. */
const listTries = 3;

/** Federated credentials of user-assigned identities. One object keeps the pace of all who share it. */
export function armFederatedCredentials(connection: ArmConnection): FederatedCredentials {
  const writes = pacedWrites(connection.clock, connection.verbose);
  return {
    async list(resourceId, signal) {
      const id = identityId(resourceId);
      for (let tries = 1; ; tries += 1) {
        try {
          return await listOnce(connection, id, signal);
        } catch (error) {
          if (!isPodidError(error, 'Unavailable') || tries >= listTries) {
            throw error;
          }
          await pauseAfter(connection.clock, error, tries, signal);
        }
      }
    },
    create: (resourceId, trust, signal) => {
      const id = identityId(resourceId);
      return writes(id, signal, async () => {
        try {
          return await putOnce(connection, id, trust, signal);
        } catch (error) {
          if (!isPodidError(error, 'AzureRefused')) {
            throw error;
          }
          return adopt(await listOnce(connection, id, signal), { id, trust, refusal: error });
        }
      });
    },
    async remove(resourceId, name, signal) {
      const id = identityId(resourceId);
      await writes(id, signal, () => removeOnce(connection, { id, name }, signal));
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function listOnce(
  connection: ArmConnection,
  id: ResourceId,
  signal: AbortSignal,
): Promise<readonly FederatedCredential[]> {
  const about = aboutCredentials(connection, id, 'read');
  return withSmallestRole(about, () =>
    connection.call(about, signal, async () => {
      const { federatedIdentityCredentials } = clientFor(connection, id, 'reads');
      const list = federatedIdentityCredentials.list(id.resourceGroup, id.name, {
        abortSignal: signal,
        onResponse: checkPage,
      });
      const found: FederatedCredential[] = [];
      for await (const page of endingPages(list.byPage())) {
        // A flexible one has no subject, whatever the SDK's types say.
        const items: readonly Partial<Wire>[] = page;
        found.push(
          ...items.map(({ name, issuer, subject, audiences }) => ({
            name: name ?? '',
            issuer: issuer ?? '',
            ...(subject ? { subject } : {}),
            audiences: audiences ?? [],
          })),
        );
      }
      return found;
    }),
  );
}

interface Wire {
  readonly name: string | null;
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audiences: readonly string[] | null;
}

async function putOnce(
  connection: ArmConnection,
  id: ResourceId,
  trust: FederatedTrust,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly created: boolean }> {
  const about = aboutCredentials(connection, id, 'write');
  const name = federatedCredentialName(trust, sha256);
  const { issuer, subject, audience } = trust;
  let status = 0;
  await withSmallestRole(about, () =>
    connection.call(about, signal, () =>
      clientFor(connection, id, 'none').federatedIdentityCredentials.createOrUpdate(
        id.resourceGroup,
        id.name,
        name,
        { issuer, subject, audiences: [audience] },
        {
          abortSignal: signal,
          onResponse: (response) => {
            status = response.status;
          },
        },
      ),
    ),
  );
  return { name, created: status === 201 };
}

async function removeOnce(
  connection: ArmConnection,
  { id, name }: { readonly id: ResourceId; readonly name: string },
  signal: AbortSignal,
): Promise<void> {
  const about = aboutCredentials(connection, id, 'delete');
  try {
    await withSmallestRole(about, () =>
      connection.call(about, signal, () =>
        clientFor(connection, id, 'none').federatedIdentityCredentials.delete(
          id.resourceGroup,
          id.name,
          name,
          { abortSignal: signal },
        ),
      ),
    );
  } catch (error) {
    if (!isPodidError(error, 'IdentityNotFound')) {
      throw error;
    }
  }
}

function aboutCredentials(
  connection: ArmConnection,
  id: ResourceId,
  right: 'read' | 'write' | 'delete',
): ArmRequest {
  const verbs = { read: 'list', write: 'make', delete: 'delete' } as const;
  return {
    doing: `${verbs[right]} federated credentials of managed identity ${id.name}`,
    action: `Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/${right}`,
    scope: id.text,
    caller: connection.caller,
    notFound: 'IdentityNotFound',
    ...(right === 'read' ? {} : { known: knownAnswer(id) }),
  };
}

function clientFor(
  connection: ArmConnection,
  { subscriptionId }: ResourceId,
  retries: 'reads' | 'none',
): ManagedServiceIdentityClient {
  return connection.equip(
    new ManagedServiceIdentityClient(connection.credential, subscriptionId, connection.clientOptions),
    retries,
  );
}

function identityId(resourceId: string): ResourceId {
  const id = parseResourceId(resourceId, managedIdentityType);
  if (id === undefined) {
    throw new PodidError('InvalidUsage', `${resourceId} is not the id of a managed identity.`);
  }
  return id;
}
