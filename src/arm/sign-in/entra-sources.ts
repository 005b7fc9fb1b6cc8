import {
  type AccessToken,
  AzurePipelinesCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  type GetTokenOptions,
  ManagedIdentityCredential,
  type TokenCredential,
  UsernamePasswordCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type AuthWay, authWays } from './auth-ways.ts';
import type { AzureSettings } from './azure-settings.ts';
import { browserCredential, browserHint } from './browser/browser-credential.ts';
import { createEntraClient, type EntraClient, metadataClient } from './entra-client.ts';
import { explainRefusal, personHint, type Refused, variablesHint } from './explain-refusal.ts';
import { NotSetUp, type SignIn, type Source } from './source.ts';

type Way = Exclude<AuthWay, 'az' | 'azd'>;

/** A source by which podid itself asks Entra, or a metadata service, for a token. */
export function entraSource(settings: AzureSettings, way: Way): Source {
  const name = authWays[way];
  return {
    name,
    make: () => {
      const client = way === 'managed-identity' ? metadataClient(settings) : createEntraClient(settings);
      const { environment } = settings;
      const clientId = environment['AZURE_CLIENT_ID'];
      const file = environment[fileVariables[way] ?? ''];
      return signInBy(makers[way](settings, client), client, { name, ...abouts[way], clientId, file });
    },
  };
}

/** A credential of the SDK's, whose failures are told by what really came back. */
export function signInBy(credential: TokenCredential, client: EntraClient, refused: Refused): SignIn {
  return {
    async getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken | null> {
      client.forget();
      try {
        return await credential.getToken(scopes, options ?? {});
      } catch (error) {
        const signal = options?.abortSignal;
        if (signal?.aborted) {
          throw (signal as AbortSignal).reason ?? error;
        }
        throw explainRefusal(error, client.exchange(), refused);
      }
    },
  };
}

const abouts: Readonly<Record<Way, Pick<Refused, 'hint' | 'forPerson' | 'isLocal'>>> = {
  environment: { hint: variablesHint('environment'), forPerson: personHint },
  'workload-identity': { hint: variablesHint('workload identity'), forPerson: personHint },
  pipelines: { hint: variablesHint('Azure Pipelines'), forPerson: personHint },
  'managed-identity': {
    hint: advice`az vm identity assign  # or sign in otherwise, without --auth`,
    isLocal: true,
  },
  browser: { hint: browserHint },
  'device-code': { hint: advice`Run the same command again and finish the sign-in in a browser.` },
};

/** Which name the file that a source signs in by. */
const fileVariables: Partial<Readonly<Record<Way, string>>> = {
  environment: 'AZURE_CLIENT_CERTIFICATE_PATH',
  'workload-identity': 'AZURE_FEDERATED_TOKEN_FILE',
};

const makers: Readonly<Record<Way, (settings: AzureSettings, client: EntraClient) => TokenCredential>> = {
  environment: environmentCredential,
  'workload-identity': workloadCredential,
  pipelines: pipelinesCredential,
  'managed-identity': ({ environment }, { options }) => {
    const { httpClient, proxyOptions, retryOptions } = options;
    const clientId = environment['AZURE_CLIENT_ID'];
    const way = { httpClient, proxyOptions, retryOptions };
    return new ManagedIdentityCredential(clientId ? { ...way, clientId } : way);
  },
  browser: (settings, client) => browserCredential({ ...settings, prompt: promptOf(settings) }, client),
  'device-code': (settings, { options }) => {
    const prompt = promptOf(settings);
    return new DeviceCodeCredential({ ...options, userPromptCallback: ({ message }) => prompt(message) });
  },
};

/** No browser opens, and no code is asked for, where nobody is there to be told. */
function promptOf({ prompt }: AzureSettings): (text: string) => void {
  if (prompt === undefined) {
    throw new NotSetUp('Nobody is there to sign in.');
  }
  return prompt;
}

/**
 * A service principal by secret or certificate, or a user by password. Its secret is what says that it is meant:
 * AZURE_CLIENT_ID and AZURE_TENANT_ID are set for many other things.
 */
function environmentCredential(settings: AzureSettings, { options }: EntraClient): TokenCredential {
  const { environment } = settings;
  const secret = environment['AZURE_CLIENT_SECRET'];
  const certificatePath = environment['AZURE_CLIENT_CERTIFICATE_PATH'];
  const [username, password] = [environment['AZURE_USERNAME'], environment['AZURE_PASSWORD']];
  const meant = secret
    ? 'AZURE_CLIENT_SECRET'
    : certificatePath
      ? 'AZURE_CLIENT_CERTIFICATE_PATH'
      : username && password && 'AZURE_PASSWORD';
  if (!meant) {
    throw withoutProof(settings);
  }
  const { tenantId, clientId } = idsOf(settings, meant);
  if (secret) {
    return new ClientSecretCredential(tenantId, clientId, secret, options);
  }
  if (certificatePath) {
    const certificatePassword = environment['AZURE_CLIENT_CERTIFICATE_PASSWORD'];
    const sendCertificateChain = /^(?:1|true)$/i.test(
      environment['AZURE_CLIENT_SEND_CERTIFICATE_CHAIN'] ?? '',
    );
    const file = { certificatePath, ...(certificatePassword ? { certificatePassword } : {}) };
    return new ClientCertificateCredential(tenantId, clientId, file, { ...options, sendCertificateChain });
  }
  return new UsernamePasswordCredential(tenantId, clientId, username ?? '', password ?? '', options);
}

/** In the CI of a fork a secret is there by its name, and empty. */
function withoutProof({ environment, tenantId }: AzureSettings): NotSetUp {
  const clientId = environment['AZURE_CLIENT_ID'];
  const tenant = environment['AZURE_TENANT_ID'] ? 'AZURE_TENANT_ID' : tenantId && '--tenant';
  if (!clientId || !tenant) {
    return new NotSetUp('Neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set.');
  }
  const empty = ['AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PATH'].find(
    (name) => environment[name] === '',
  );
  const lacking =
    empty === undefined
      ? 'neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is'
      : `${empty} is empty`;
  return new NotSetUp(`AZURE_CLIENT_ID and ${tenant} are set, and ${lacking}.`, clientId);
}

function workloadCredential(settings: AzureSettings, { options }: EntraClient): TokenCredential {
  const tokenFilePath = settings.environment['AZURE_FEDERATED_TOKEN_FILE'];
  if (!tokenFilePath) {
    throw new NotSetUp('AZURE_FEDERATED_TOKEN_FILE is not set.');
  }
  const ids = idsOf(settings, 'AZURE_FEDERATED_TOKEN_FILE');
  return new WorkloadIdentityCredential({ ...options, ...ids, tokenFilePath });
}

/**
 * The variables are those that the task AzureCLI of Azure Pipelines sets. The job's own token is what says that they
 * are meant: the task signs az in as the same principal.
 */
function pipelinesCredential(settings: AzureSettings, { options }: EntraClient): TokenCredential {
  const { environment } = settings;
  const connectionId = environment['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID'];
  const accessToken = environment['SYSTEM_ACCESSTOKEN'];
  if (!connectionId || !accessToken) {
    throw new NotSetUp(
      'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID and SYSTEM_ACCESSTOKEN are not both set.',
      connectionId ? environment['AZURESUBSCRIPTION_CLIENT_ID'] : undefined,
    );
  }
  const names = [
    'AZURESUBSCRIPTION_TENANT_ID',
    'AZURESUBSCRIPTION_CLIENT_ID',
    'SYSTEM_OIDCREQUESTURI',
  ] as const;
  refuseLacking(settings, 'SYSTEM_ACCESSTOKEN', names);
  const [tenantId = '', clientId = ''] = names.map((name) => environment[name]);
  return new AzurePipelinesCredential(tenantId, clientId, connectionId, accessToken, { ...options });
}

/** `--tenant` stands in for AZURE_TENANT_ID. */
function idsOf(settings: AzureSettings, meant: string) {
  const { environment } = settings;
  const tenantId = environment['AZURE_TENANT_ID'] || settings.tenantId || '';
  const names = ['AZURE_CLIENT_ID', ...(tenantId === '' ? ['AZURE_TENANT_ID'] : [])];
  refuseLacking(settings, meant, names);
  return { tenantId, clientId: environment['AZURE_CLIENT_ID'] ?? '' };
}

/** Half of a sign-in is one that was meant: another principal in its place would be a surprise. */
function refuseLacking({ environment }: AzureSettings, meant: string, names: readonly string[]): void {
  const lacking = names.filter((name) => !environment[name]);
  if (lacking.length === 0) {
    return;
  }
  const isOne = lacking.length === 1;
  throw new PodidError(
    'NotSignedIn',
    `${meant} is set, and ${lacking.join(' and ')} ${isOne ? 'is' : 'are'} not.`,
    {
      hint: advice`Set ${isOne ? advice`it` : advice`them`} as well, or unset the other. To sign in by az all the same: ${command('--auth', 'az')}`,
    },
  );
}
