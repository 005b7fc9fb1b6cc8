import type { AzureSettings } from '../../arm/sign-in/azure-settings.ts';
import { type AzureCloud, clouds } from '../../arm/sign-in/clouds.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AzureJson, CustomCloudFile } from '../../validate/files/azure-json.ts';

/** What the environment says in upstream's names, and in those of the workload-identity webhook. */
export type Variables = Readonly<Record<string, string | undefined>>;

export type AzureChoice = Pick<AzureSettings, 'cloud' | 'as' | 'tenantId'>;

/** AKS writes this in place of a principal's id and secret where the nodes have a managed identity. */
const managed = 'msi';

/**
 * As whom to sign in, and where. A federated token wins wherever one is mounted: it is the one that nobody
 * has to rotate and no other pod of the node can have.
 *
 * @param file of `--cloudconfig`; without it the environment counts
 * @throws PodidError InvalidUsage
 */
export function choosePrincipal(
  variables: Variables,
  file: AzureJson | undefined,
  customCloud: CustomCloudFile | undefined,
): AzureChoice {
  const told = file ?? fromVariables(variables);
  const cloud = customCloud === undefined ? cloudNamed(told.cloud) : ownCloud(customCloud);
  const tenant = (tenantId: string | undefined) => (tenantId ? { tenantId } : {});
  const [tokenFile, clientId] = [variables['AZURE_FEDERATED_TOKEN_FILE'], variables['AZURE_CLIENT_ID']];
  if (tokenFile && clientId) {
    const tenantId = variables['AZURE_TENANT_ID'] ?? told.tenantId;
    return { cloud, as: { kind: 'workloadIdentity', clientId, tokenFile }, ...tenant(tenantId) };
  }
  const isManaged = told.useManagedIdentityExtension || told.aadClientId === managed;
  if (isManaged) {
    const own = told.userAssignedIdentityID;
    return { cloud, as: { kind: 'managedIdentity', ...(own ? { clientId: own } : {}) } };
  }
  const { aadClientId, aadClientSecret, tenantId } = told;
  if (!aadClientId || !aadClientSecret || !tenantId) {
    throw nobody(file !== undefined);
  }
  return { cloud, as: { kind: 'secret', clientId: aadClientId, secret: aadClientSecret }, tenantId };
}

/** Client ids of the principal itself: it must not saw off the branch that it sits on. */
export function ownClientIds({ as }: AzureChoice): string[] {
  const id = as !== undefined && 'clientId' in as ? as.clientId : undefined;
  return id === undefined ? [] : [id.toLowerCase()];
}

function fromVariables(variables: Variables): AzureJson {
  const names = {
    cloud: 'CLOUD',
    tenantId: 'TENANT_ID',
    aadClientId: 'CLIENT_ID',
    aadClientSecret: 'CLIENT_SECRET',
    userAssignedIdentityID: 'USER_ASSIGNED_MSI_CLIENT_ID',
  };
  const found = Object.entries(names).flatMap(([member, name]) => {
    const value = variables[name];
    return value ? [[member, value] as const] : [];
  });
  const useManagedIdentityExtension = variables['USE_MSI']?.toLowerCase() === 'true';
  return { ...Object.fromEntries(found), useManagedIdentityExtension };
}

const names: Readonly<Record<string, AzureCloud>> = {
  azurepubliccloud: clouds.AzureCloud,
  azurecloud: clouds.AzureCloud,
  azureusgovernment: clouds.AzureUSGovernment,
  azureusgovernmentcloud: clouds.AzureUSGovernment,
  azurechinacloud: clouds.AzureChinaCloud,
};

/** Any case. Absent: the public one. */
function cloudNamed(name: string | undefined): AzureCloud {
  const found = name === undefined ? clouds.AzureCloud : names[name.toLowerCase()];
  if (found !== undefined) {
    return found;
  }
  const isOwn = name?.toLowerCase() === 'azurestackcloud';
  throw new PodidError('InvalidUsage', `The cloud ${name} is not one that podid-mic can reach.`, {
    hint: isOwn
      ? advice`Set AZURE_ENVIRONMENT_FILEPATH to a file that names the endpoints.`
      : advice`cloud is AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud or AzureStackCloud.`,
  });
}

function ownCloud({
  resourceManagerEndpoint,
  activeDirectoryEndpoint,
  tokenAudience,
}: CustomCloudFile): AzureCloud {
  const audience = (tokenAudience ?? resourceManagerEndpoint).replace(/\/+$/, '');
  return {
    name: 'AzureStackCloud',
    armEndpoint: resourceManagerEndpoint.replace(/\/+$/, ''),
    armScope: `${audience}/.default`,
    authorityHost: activeDirectoryEndpoint.replace(/\/+$/, ''),
  };
}

function nobody(hasFile: boolean): PodidError {
  const where = hasFile ? 'azure.json names' : 'The environment names';
  return new PodidError('InvalidUsage', `${where} nobody to sign in to Azure as.`, {
    hint: hasFile
      ? advice`It needs useManagedIdentityExtension, or tenantId with aadClientId and aadClientSecret.`
      : advice`Annotate the service account for workload identity, or set TENANT_ID, CLIENT_ID and CLIENT_SECRET, or USE_MSI=true.`,
  });
}
