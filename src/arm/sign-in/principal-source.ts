import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { AzureSettings } from './azure-settings.ts';
import { entraOptions, type Source } from './credential.ts';

/**
 * The one way to sign in as a principal that somebody has named: nothing else is searched.
 *
 * @param servicePrincipal what messages call one that signs in by secret or certificate
 */
export function principalSource(
  settings: AzureSettings,
  as: NonNullable<AzureSettings['as']>,
  servicePrincipal = 'the service principal',
): readonly Source[] {
  const { tenantId = '' } = settings;
  const entra = entraOptions(settings);
  const source = (name: string, make: Source['make']) => [{ name, isDeliberate: true, make }];
  switch (as.kind) {
    case 'secret':
      return source(
        servicePrincipal,
        () => new ClientSecretCredential(tenantId, as.clientId, as.secret, entra),
      );
    case 'certificate':
      return source(
        servicePrincipal,
        () => new ClientCertificateCredential(tenantId, as.clientId, { certificatePath: as.path }, entra),
      );
    case 'managedIdentity':
      return source('managed identity', () => managedIdentity(as));
    case 'workloadIdentity': {
      const own = {
        ...(as.clientId === undefined ? {} : { clientId: as.clientId }),
        ...(as.tokenFile === undefined ? {} : { tokenFilePath: as.tokenFile }),
      };
      return source('workload identity', () => new WorkloadIdentityCredential({ ...entra, ...own }));
    }
  }
}

function managedIdentity({ clientId, resourceId }: { clientId?: string; resourceId?: string }) {
  if (resourceId !== undefined) {
    return new ManagedIdentityCredential({ resourceId });
  }
  return clientId === undefined
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId });
}
