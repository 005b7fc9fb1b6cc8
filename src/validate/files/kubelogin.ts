import type { EntraPrincipal, EntraSignIn } from '../../domain/azure/entra-sign-in.ts';
import { type JsonRecord, stringAt } from '../json-record.ts';
import type { CredentialPlugin } from './kubeconfig.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Flags of `kubelogin get-token` that take a value, by their short forms too (its documentation,
 * "get-token").
 */
const valued = [
  ...['authority-host', 'azure-config-dir', 'azure-pipelines-service-connection-id', 'cache-dir'],
  ...['client-certificate', 'client-certificate-password', 'client-id', 'client-secret', 'environment'],
  ...['federated-token-file', 'identity-resource-id', 'login', 'password', 'pop-claims', 'redirect-url'],
  ...['server-id', 'tenant-id', 'timeout', 'token-cache-dir', 'username', 'login-hint', 'v'],
];
const switches = [
  ...['disable-environment-override', 'disable-instance-discovery', 'legacy', 'logtostderr'],
  ...['pop-enabled', 'use-azurerm-env-vars'],
];
const short: Readonly<Record<string, string>> = { e: 'environment', l: 'login', t: 'tenant-id', v: 'v' };

/** kubelogin's names of clouds are those of the Azure SDK for Go. */
const cloudNames: Readonly<Record<string, string>> = {
  azurecloud: 'AzureCloud',
  azurepubliccloud: 'AzureCloud',
  azureusgovernment: 'AzureUSGovernment',
  azureusgovernmentcloud: 'AzureUSGovernment',
  azurechinacloud: 'AzureChinaCloud',
};

/**
 * The sign-in that an `exec` entry of kubelogin describes. Login modes that are people's own ways (device
 * code, browser, az, azd) are podid's sign-in; those that name a principal keep to it.
 *
 * @param environment what kubelogin would find: its own variables come before its flags
 * @returns undefined for what podid does not do itself (proof of possession, user name and password, `spn:`
 * audiences, pfx files, a cloud
 *   or flag it does not know), and for any other plugin
 */
export function kubeloginSignIn(plugin: CredentialPlugin, environment: Environment): EntraSignIn | undefined {
  if (!/(?:^|[/\\])kubelogin(?:\.exe)?$/i.test(plugin.command) || plugin.args[0] !== 'get-token') {
    return undefined;
  }
  const flags = readFlags(plugin.args.slice(1));
  if (flags === undefined || flags['legacy'] || flags['pop-enabled'] || flags['use-azurerm-env-vars']) {
    return undefined;
  }
  const mayOverride = flags['disable-environment-override'] === undefined;
  const found = (names: readonly string[], flag: string) =>
    (mayOverride ? names.map((name) => environment[name]).find(Boolean) : undefined) || flags[flag];
  const login = (found(['AAD_LOGIN_METHOD'], 'login') ?? 'devicecode').toLowerCase();
  const as = principalOf(login, found);
  if (as === undefined) {
    return undefined;
  }
  const tenantId = found(['AZURE_TENANT_ID'], 'tenant-id');
  return signIn({ serverId: flags['server-id'], tenantId, cloud: flags['environment'], as });
}

/**
 * The same for the `auth-provider: azure` of before the plugins; undefined for tokens of the first Entra
 * integration, whose audience begins with `spn:`.
 */
export function azureProviderSignIn(config: JsonRecord): EntraSignIn | undefined {
  if (stringAt(config, 'config-mode') !== '1') {
    return undefined;
  }
  return signIn({
    serverId: stringAt(config, 'apiserver-id'),
    tenantId: stringAt(config, 'tenant-id'),
    cloud: stringAt(config, 'environment'),
    as: { kind: 'caller' },
  });
}

interface Read {
  readonly serverId: string | undefined;
  readonly tenantId: string | undefined;
  readonly cloud: string | undefined;
  readonly as: EntraPrincipal;
}

/**
 * Microsoft's own applications that hold people's data and rights (Microsoft's list of first-party
 * applications). No API server is one of them, and the server that a kubeconfig names would be sent a token
 * for it.
 */
const neverApiServers: ReadonlySet<string> = new Set([
  '797f4846-ba00-4fd7-ba43-dac1f8f63013', // Azure Resource Manager
  '00000003-0000-0000-c000-000000000000', // Microsoft Graph
  '00000002-0000-0000-c000-000000000000', // Azure AD Graph
  '00000002-0000-0ff1-ce00-000000000000', // Exchange
  '00000003-0000-0ff1-ce00-000000000000', // SharePoint
  'cfa8b339-82a2-471a-a3c9-0fc0be7a4093', // Key Vault
  'e406a681-f3d4-42a8-90b6-c2b029497af1', // Storage
  '022907d3-0f1b-48f7-badc-1ba6abab6d66', // SQL
  '499b84ac-1321-427f-aa17-267ca6975798', // Azure DevOps
  'ca7f3f0b-7d91-482c-8e09-c5d840d0eac5', // Log Analytics
]);

/**
 * A token for anything but an application's id, such as ARM's address, is none that an API server has a use
 * for.
 */
function signIn({ serverId, tenantId, cloud, as }: Read): EntraSignIn | undefined {
  const name = cloud === undefined || cloud === '' ? undefined : cloudNames[cloud.toLowerCase()];
  if (serverId === undefined || !isGuid(serverId) || (cloud && name === undefined)) {
    return undefined;
  }
  if (neverApiServers.has(serverId.toLowerCase())) {
    return undefined;
  }
  return {
    serverId: serverId.toLowerCase(),
    ...(tenantId ? { tenantId } : {}),
    ...(name === undefined ? {} : { cloud: name }),
    as,
  };
}

function principalOf(
  login: string,
  found: (names: readonly string[], flag: string) => string | undefined,
): EntraPrincipal | undefined {
  const clientId = found(['AAD_SERVICE_PRINCIPAL_CLIENT_ID', 'AZURE_CLIENT_ID'], 'client-id');
  switch (login) {
    case 'devicecode':
    case 'interactive':
    case 'azurecli':
    case 'azd':
    case 'azurepipelines':
      return { kind: 'caller' };
    case 'spn': {
      const secret = found(['AAD_SERVICE_PRINCIPAL_CLIENT_SECRET', 'AZURE_CLIENT_SECRET'], 'client-secret');
      const path = found(
        ['AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE', 'AZURE_CLIENT_CERTIFICATE_PATH'],
        'client-certificate',
      );
      if (!clientId) {
        return { kind: 'caller' };
      }
      if (path !== undefined) {
        return /\.(?:pfx|p12)$/i.test(path) ? undefined : { kind: 'certificate', clientId, path };
      }
      return secret === undefined ? { kind: 'caller' } : { kind: 'secret', clientId, secret };
    }
    case 'msi': {
      // Only the flag: AZURE_CLIENT_ID is the variable of a service principal here.
      const resourceId = found([], 'identity-resource-id');
      const ofFlag = found([], 'client-id');
      return {
        kind: 'managedIdentity',
        ...(resourceId ? { resourceId } : ofFlag ? { clientId: ofFlag } : {}),
      };
    }
    case 'workloadidentity': {
      const tokenFile = found(['AZURE_FEDERATED_TOKEN_FILE'], 'federated-token-file');
      return {
        kind: 'workloadIdentity',
        ...(clientId ? { clientId } : {}),
        ...(tokenFile ? { tokenFile } : {}),
      };
    }
    default:
      return undefined;
  }
}

/** Undefined when a flag is unknown: what it means might matter. */
function readFlags(args: readonly string[]): Readonly<Record<string, string>> | undefined {
  const flags: Record<string, string> = Object.create(null);
  for (let index = 0; index < args.length; index += 1) {
    const match = /^(--?)([a-z-]+)(?:=(.*))?$/s.exec(args[index] ?? '');
    const [, dashes, word = '', inline] = match ?? [];
    const name = dashes === '-' ? (short[word] ?? '') : word;
    if (switches.includes(name)) {
      if (inline === undefined || inline === 'true') {
        flags[name] = 'true';
      }
    } else if (valued.includes(name)) {
      const value = inline ?? args[++index];
      if (value === undefined) {
        return undefined;
      }
      flags[name] = value;
    } else {
      return undefined;
    }
  }
  return flags;
}

function isGuid(text: string): boolean {
  return /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(text);
}
