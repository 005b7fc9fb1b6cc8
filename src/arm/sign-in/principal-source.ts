import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import { advice, othersText } from '../../errors/hint.ts';
import type { AzureSettings } from './azure-settings.ts';
import { createEntraClient, type EntraClient, metadataClient } from './entra-client.ts';
import { signInBy } from './entra-sources.ts';
import type { Source } from './source.ts';

type Principal = NonNullable<AzureSettings['as']>;

/**
 * The one way to sign in as a principal that somebody has named: nothing else is searched.
 *
 * @param servicePrincipal what messages call one that signs in by secret or certificate
 */
export function principalSource(
  settings: AzureSettings,
  as: Principal,
  servicePrincipal = 'the service principal',
): readonly Source[] {
  const name = names[as.kind] ?? servicePrincipal;
  const refused = {
    name,
    hint: advice`Fix what names ${othersText(name)}.`,
    ...('clientId' in as ? { clientId: as.clientId } : {}),
    ...(as.kind === 'managedIdentity' ? { isLocal: true as const } : {}),
  };
  const make = () => {
    const client = as.kind === 'managedIdentity' ? metadataClient(settings) : createEntraClient(settings);
    return signInBy(credentialOf(settings, as, client), client, refused);
  };
  return [{ name, make }];
}

const names: Readonly<Partial<Record<Principal['kind'], string>>> = {
  managedIdentity: 'managed identity',
  workloadIdentity: 'workload identity',
};

function credentialOf(settings: AzureSettings, as: Principal, { options }: EntraClient): TokenCredential {
  const { tenantId = '' } = settings;
  switch (as.kind) {
    case 'secret':
      return new ClientSecretCredential(tenantId, as.clientId, as.secret, options);
    case 'certificate':
      return new ClientCertificateCredential(tenantId, as.clientId, { certificatePath: as.path }, options);
    case 'managedIdentity':
      return managedIdentity(as, options);
    case 'workloadIdentity': {
      const own = {
        ...(as.clientId === undefined ? {} : { clientId: as.clientId }),
        ...(as.tokenFile === undefined ? {} : { tokenFilePath: as.tokenFile }),
      };
      return new WorkloadIdentityCredential({ ...options, ...own });
    }
  }
}

function managedIdentity(
  { clientId, resourceId }: { clientId?: string; resourceId?: string },
  { httpClient, proxyOptions, retryOptions }: EntraClient['options'],
) {
  const way = { httpClient, proxyOptions, retryOptions };
  if (resourceId !== undefined) {
    return new ManagedIdentityCredential({ ...way, resourceId });
  }
  return clientId === undefined
    ? new ManagedIdentityCredential(way)
    : new ManagedIdentityCredential({ ...way, clientId });
}
