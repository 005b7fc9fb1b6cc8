import {
  type AccessToken,
  AzureCliCredential,
  AzureDeveloperCliCredential,
  AzurePipelinesCredential,
  EnvironmentCredential,
  type GetTokenOptions,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { loopbackSignInCommand } from '../../domain/hints/emulator-command.ts';
import { advice, type Hint, othersText } from '../../errors/hint.ts';
import { type ErrorDetail, PodidError } from '../../errors/podid-error.ts';
import { isOnPath } from '../connection/is-on-path.ts';
import { maskSecrets } from '../connection/mask-secrets.ts';
import type { AzureSettings } from './azure-settings.ts';
import { clouds } from './clouds.ts';

/** Longer than az takes on a slow machine. */
const toolTimeoutMs = 60_000;

export interface Source {
  readonly name: string;
  /** Set up on purpose: when it is refused, nobody wants the next one. */
  readonly isDeliberate: boolean;
  /** @throws when its variables are missing */
  readonly make: () => TokenCredential;
}

/**
 * The sign-in: environment and workload identity, Azure Pipelines, az, azd, in this order; or the managed
 * identity alone when it is asked for. A source that is not set up gives way to the next; one that is set up
 * and refused ends the search.
 */
export function createCredential(
  settings: AzureSettings,
  sources: readonly Source[] = sourcesOf(settings),
): TokenCredential {
  const tenant = settings.tenantId === undefined ? {} : { tenantId: settings.tenantId };
  let chosen: { source: Source; credential: TokenCredential } | undefined;
  return {
    async getToken(scopes, options) {
      const asked = { ...options, ...tenant };
      if (chosen !== undefined) {
        return nextToken(chosen, scopes, asked);
      }
      const { token, ...found } = await firstToken(sources, scopes, asked, settings);
      chosen = found;
      return token;
    },
  };
}

function sourcesOf(settings: AzureSettings): Source[] {
  const { environment } = settings;
  const entra = entraOptions(settings);
  const tenant = tenantOptions(settings);
  const home = settings.profileTenantId === undefined ? {} : { tenantId: settings.profileTenantId };
  const tool = { ...home, ...tenant, processTimeoutInMs: toolTimeoutMs };
  if (settings.auth === 'managed-identity') {
    const clientId = environment['AZURE_CLIENT_ID'];
    const make = () =>
      clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
    return [{ name: 'managed identity', isDeliberate: true, make }];
  }
  return [
    { name: 'environment', isDeliberate: true, make: () => environmentCredential(environment, entra) },
    {
      name: 'workload identity',
      isDeliberate: true,
      make: () => workloadCredential(environment, entra),
    },
    { name: 'Azure Pipelines', isDeliberate: true, make: () => pipelinesCredential(environment, entra) },
    { name: 'az', isDeliberate: false, make: () => new AzureCliCredential(tool) },
    { name: 'azd', isDeliberate: false, make: () => new AzureDeveloperCliCredential(tool) },
  ];
}

/** Options of every credential of the SDK that talks to Entra. */
export function entraOptions(settings: AzureSettings) {
  const authorityHost = settings.environment['AZURE_AUTHORITY_HOST'] || settings.cloud.authorityHost;
  const disableInstanceDiscovery = !isKnownAuthority(authorityHost);
  return { authorityHost, disableInstanceDiscovery, ...tenantOptions(settings) };
}

function tenantOptions({ tenantId }: AzureSettings) {
  return tenantId === undefined ? {} : { tenantId, additionallyAllowedTenants: [tenantId] };
}

/** Entra's own hosts are known to the library; for any other it must not ask the public one about them. */
function isKnownAuthority(host: string): boolean {
  return Object.values(clouds).some((cloud) => cloud.authorityHost === host.replace(/\/+$/, ''));
}

type Entra = ReturnType<typeof entraOptions>;

/** The SDK says in its own words, of its own parameters, what is not set. */
function environmentCredential(environment: AzureSettings['environment'], entra: Entra): TokenCredential {
  if (!environment['AZURE_TENANT_ID'] || !environment['AZURE_CLIENT_ID']) {
    throw unavailable('AZURE_TENANT_ID and AZURE_CLIENT_ID are not set.');
  }
  return new EnvironmentCredential(entra);
}

function workloadCredential(environment: AzureSettings['environment'], entra: Entra): TokenCredential {
  const lacking = ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_FEDERATED_TOKEN_FILE'].filter(
    (name) => !environment[name] && !(name === 'AZURE_TENANT_ID' && 'tenantId' in entra),
  );
  if (lacking.length > 0) {
    throw unavailable(`${lacking.join(' and ')} ${lacking.length === 1 ? 'is' : 'are'} not set.`);
  }
  return new WorkloadIdentityCredential(entra);
}

/** The variables are those that the task AzureCLI of Azure Pipelines sets. */
function pipelinesCredential(
  environment: AzureSettings['environment'],
  entra: { authorityHost: string; disableInstanceDiscovery: boolean },
): TokenCredential {
  const [tenantId, clientId, connectionId, accessToken] = [
    'AZURESUBSCRIPTION_TENANT_ID',
    'AZURESUBSCRIPTION_CLIENT_ID',
    'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID',
    'SYSTEM_ACCESSTOKEN',
  ].map((name) => environment[name] || undefined);
  if (!tenantId || !clientId || !connectionId || !accessToken) {
    throw unavailable('AZURESUBSCRIPTION_* and SYSTEM_ACCESSTOKEN are not set.');
  }
  return new AzurePipelinesCredential(tenantId, clientId, connectionId, accessToken, entra);
}

async function nextToken(
  { source, credential }: { source: Source; credential: TokenCredential },
  scopes: string | string[],
  options: GetTokenOptions,
): Promise<AccessToken | null> {
  try {
    return await credential.getToken(scopes, options);
  } catch (error) {
    throw refusedBy(source, error, [{ code: source.name, message: reasonOf(error) }]);
  }
}

async function firstToken(
  sources: readonly Source[],
  scopes: string | string[],
  options: GetTokenOptions | undefined,
  settings: AzureSettings,
): Promise<{ source: Source; credential: TokenCredential; token: AccessToken }> {
  const reasons: ErrorDetail[] = [];
  for (const source of sources) {
    try {
      const credential = source.make();
      const token = await credential.getToken(scopes, options);
      if (token !== null) {
        return { source, credential, token };
      }
      reasons.push({ code: source.name, message: 'It gave no token.' });
    } catch (error) {
      reasons.push({ code: source.name, message: reasonOf(error) });
      if (source.isDeliberate && !isNotSetUp(error)) {
        throw refusedBy(source, error, reasons);
      }
    }
  }
  throw new PodidError('NotSignedIn', noSignIn(reasons), {
    hint: await signInHint(settings),
    details: reasons,
  });
}

/** The reasons are the details, which are shown one a line where there are several. */
function noSignIn([only, ...others]: readonly ErrorDetail[]): string {
  const found = 'No sign-in to Azure was found.';
  return only === undefined || others.length > 0 ? found : `${found} ${only.code}: ${only.message}`;
}

/** By what is there: an emulator's endpoint wants its own token, and az helps only where it is installed. */
async function signInHint({ endpoint, environment, auth }: AzureSettings): Promise<Hint> {
  if (endpoint !== undefined && URL.canParse(endpoint) && isLoopbackHost(new URL(endpoint).hostname)) {
    return loopbackSignInCommand;
  }
  if (auth === 'managed-identity') {
    return advice`az vm identity assign  # or sign in otherwise, without --auth`;
  }
  if (await isOnPath('az', environment['PATH'])) {
    return advice`az login`;
  }
  return advice`export AZURE_TENANT_ID=… AZURE_CLIENT_ID=… AZURE_CLIENT_SECRET=…  # of a service principal; or install az, then: az login`;
}

function isNotSetUp(error: unknown): boolean {
  return error instanceof Error && error.name === 'CredentialUnavailableError';
}

function unavailable(message: string): Error {
  return Object.assign(new Error(message), { name: 'CredentialUnavailableError' });
}

/** Entra that does not answer is a transient failure; anything else is a refusal. */
function refusedBy(source: Source, error: unknown, reasons: readonly ErrorDetail[]): PodidError {
  const status = statusOf(error);
  const isTransient = status === undefined ? isNetworkFault(error) : status === 429 || status >= 500;
  return isTransient
    ? new PodidError(
        'Unavailable',
        `Entra could not be reached for the sign-in by ${source.name}: ${reasonOf(error)}`,
        {
          hint: advice`Try again in a moment; behind a proxy, set HTTPS_PROXY.`,
        },
      )
    : new PodidError('NotSignedIn', `Entra refused the sign-in by ${source.name}: ${reasonOf(error)}`, {
        hint: advice`Fix the variables of this source (${othersText(source.name)}), or unset them to use az login.`,
        details: reasons,
      });
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' ? status : undefined;
}

function isNetworkFault(error: unknown): boolean {
  const text = `${(error as { code?: unknown }).code} ${(error as { errorCode?: unknown }).errorCode}`;
  return /ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|REQUEST_SEND_ERROR|network_error|endpoints_resolution_error/.test(
    text,
  );
}

/** The first line: what follows are traces and advice of the library. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return maskSecrets(message.split('\n')[0] ?? '').slice(0, 500);
}
