import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AzureSettings } from '../../src/arm/sign-in/azure-settings.ts';
import { createCredential } from '../../src/arm/sign-in/credential.ts';
import { readAzureSettings } from '../../src/arm/sign-in/read-azure-settings.ts';
import type { FaultEffect } from '../../src/emulator/faults.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import type { PodidError } from '../../src/errors/podid-error.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type CompanyNetwork, companyNetwork, type ProxyConduct } from '../network/company-network.ts';
import { trustAnIssuer } from './federation/trusted-issuer.ts';

let emulator: Emulator;
let company: CompanyNetwork;
let federatedToken: () => string;
let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podid-sign-in-'));
  emulator = await startEmulator();
  federatedToken = trustAnIssuer(emulator);
  company = await companyNetwork(emulator.url);
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
  await emulator.stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  emulator.faults.clear();
  company.conduct = 'tunnel';
  vi.unstubAllEnvs();
});

type Variables = Readonly<Record<string, string>>;

/** A network and an Entra behind it, and nothing to sign in by. */
function base(): Variables {
  return {
    PATH: folder,
    HOME: folder,
    AZURE_CONFIG_DIR: folder,
    HTTPS_PROXY: company.proxy,
    REQUESTS_CA_BUNDLE: company.authority,
    AZURE_AUTHORITY_HOST: 'https://login.example.test',
  };
}

const application = () => {
  const [only] = emulator.world.applications.values();
  if (only === undefined) {
    throw new Error('The emulator has no application.');
  }
  return { AZURE_TENANT_ID: only.tenantId, AZURE_CLIENT_ID: only.appId };
};

const secret = (): Variables => {
  const [only] = emulator.world.applications.values();
  return { ...application(), AZURE_CLIENT_SECRET: only?.secret ?? '' };
};
const certificate = (): Variables => {
  const path = at('principal.pem');
  writeFileSync(path, company.certificate);
  return { ...application(), AZURE_CLIENT_CERTIFICATE_PATH: path };
};
const workload = (): Variables => {
  const path = at('token');
  writeFileSync(path, federatedToken());
  return { ...application(), AZURE_FEDERATED_TOKEN_FILE: path };
};
const oidcRequestUri = 'https://dev.azure.com/oidctoken';
const pipelines = (): Variables => {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client } = application();
  vi.stubEnv('SYSTEM_OIDCREQUESTURI', oidcRequestUri);
  return {
    AZURESUBSCRIPTION_TENANT_ID: tenant,
    AZURESUBSCRIPTION_CLIENT_ID: client,
    AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'connection',
    SYSTEM_ACCESSTOKEN: 'job-token',
    SYSTEM_OIDCREQUESTURI: oidcRequestUri,
  };
};
const entraSources = {
  environment: secret,
  certificate,
  'workload identity': workload,
  'Azure Pipelines': pipelines,
} as const;

function settingsOf(environment: Variables, choice: { auth?: string; tenant?: string } = {}) {
  return readAzureSettings({
    ...choice,
    environment,
    clock: systemClock(),
    userAgent: 'podid/0',
    requestTimeoutMs: 30_000,
    readRetries: { count: 1, firstMs: 1 },
  });
}

async function signIn(
  environment: Variables,
  choice: { auth?: string; tenant?: string } = {},
  given?: AzureSettings,
) {
  const settings = given ?? (await settingsOf(environment, choice));
  const credential = createCredential(settings);
  const token = await credential.getToken('https://management.azure.com/.default', {});
  return { token: token?.token, source: credential.source() };
}

async function failure(
  environment: Variables,
  choice: { auth?: string; tenant?: string } = {},
  given?: AzureSettings,
) {
  const error = await signIn(environment, choice, given).then(
    ({ source }) => new Error(`${source} gave a token.`),
    (caught: unknown) => caught as PodidError,
  );
  const { code, exitCode, message, hint } = error as PodidError;
  for (const hidden of [...emulator.secrets, 'job-token', 'pass-word']) {
    expect(`${message} ${hint}`).not.toContain(hidden);
  }
  return { code, exitCode, message, hint: String(hint) };
}

/** Azure DevOps, as the emulator's answer to a path of its own. */
const devops = (effect: FaultEffect = { status: 200, body: { oidcToken: federatedToken() } }) =>
  ({ match: { path: '^/oidctoken' }, effect }) as const;
const entra = (effect: FaultEffect) =>
  emulator.faults.set([devops(), { match: { operation: 'entra.token' }, effect }]);
const aadsts = (status: number, error: string, text: string): FaultEffect => ({
  status,
  body: {
    error,
    error_description: `${text} Trace ID: 1-2 Correlation ID: 3-4 Timestamp: 2026-11-30 02:00:00Z`,
  },
});

const refusals: readonly [string, FaultEffect, string][] = [
  [
    'a wrong secret',
    aadsts(401, 'invalid_client', "AADSTS7000215: Invalid client secret provided for app 'x'."),
    "AADSTS7000215: Invalid client secret provided for app 'x'.",
  ],
  [
    'an expired secret',
    aadsts(401, 'invalid_client', "AADSTS7000222: The provided client secret keys for app 'x' are expired."),
    "AADSTS7000222: The provided client secret keys for app 'x' are expired.",
  ],
  [
    'a wrong tenant',
    aadsts(400, 'unauthorized_client', "AADSTS700016: Application 'x' was not found in the directory 'y'."),
    "AADSTS700016: Application 'x' was not found in the directory 'y'.",
  ],
  [
    'an assertion that has expired',
    aadsts(401, 'invalid_client', 'AADSTS700024: Client assertion is not within its valid time range.'),
    'AADSTS700024: Client assertion is not within its valid time range.',
  ],
  [
    'a conditional access policy',
    aadsts(400, 'invalid_grant', 'AADSTS53003: Access has been blocked by Conditional Access policies.'),
    'AADSTS53003: Access has been blocked by Conditional Access policies.',
  ],
];

const passing: readonly [string, FaultEffect | ProxyConduct | 'untrusted', string][] = [
  ['429', { status: 429, body: { error: 'too_many' } }, 'HTTP 429'],
  ['503', { status: 503, text: '' }, 'HTTP 503.'],
  [
    '503 with a sentence',
    aadsts(503, 'x', 'AADSTS90033: A transient error has occurred.'),
    'AADSTS90033: A transient',
  ],
  [
    '400 that passes',
    aadsts(400, 'x', 'AADSTS90033: A transient error has occurred.'),
    'AADSTS90033: A transient',
  ],
  ['a dropped line', { drop: true }, 'the connection to login.example.test was cut'],
  [
    'a web page',
    { status: 200, text: '<html><title>Log on</title></html>' },
    ' (Log on), HTTP 200, through the proxy http://127.0.0.1:',
  ],
  ['something else', { status: 200, text: '{"hello": 1}' }, 'is not a token'],
  ['407', { status: '407 Proxy Authentication Required' }, 'wants a user and password (407'],
  ['a proxy that cannot', { status: '502 Bad Gateway' }, 'could not reach HOST:443 (502'],
  [
    'an authority that is not known',
    'untrusted',
    'is signed by an authority that this machine does not know',
  ],
];

function arrange(cause: FaultEffect | ProxyConduct | 'untrusted'): Variables {
  if (cause === 'untrusted') {
    return { REQUESTS_CA_BUNDLE: '' };
  }
  if (typeof cause === 'string' || (typeof cause.status === 'string' && 'status' in cause)) {
    company.conduct = cause as ProxyConduct;
  } else {
    entra(cause as FaultEffect);
  }
  return {};
}

describe.each(Object.entries(entraSources))('the sign-in by %s', (name, variables) => {
  const source = name === 'certificate' ? 'environment' : name;
  beforeEach(() => emulator.faults.set([devops()]));

  it('gives a token', async () => {
    expect(await signIn({ ...base(), ...variables() })).toMatchObject({ source });
  });

  it.each(refusals)(
    "that is refused for %s shows Entra's sentence, and ends with 3",
    async (_, effect, sentence) => {
      entra(effect);
      const error = await failure({ ...base(), ...variables() });
      expect(error).toMatchObject({
        exitCode: 3,
        message: `Entra refused the sign-in by ${source}: ${sentence}`,
      });
      expect(error.hint).not.toBe('undefined');
    },
  );

  it.each(passing)('that meets %s says so, and ends with 7', async (_, cause, sentence) => {
    const more = arrange(cause);
    const error = await failure({ ...base(), ...variables(), ...more });
    expect(error).toMatchObject({ code: 'Unavailable', exitCode: 7 });
    // Pipelines have their first question for Azure DevOps.
    const first = name === 'Azure Pipelines' ? 'dev.azure.com' : 'login.example.test';
    expect(error.message).toContain(sentence.replace('HOST', first));
    expect(error.message).toContain(`the sign-in by ${source}`);
  });

  it('that does not find Entra by its name says so, and ends with 7', async () => {
    const error = await failure({ ...base(), ...variables(), NO_PROXY: '*.example.test' });
    expect(error).toMatchObject({ exitCode: 7 });
    expect(error.message).toMatch(/login\.example\.test (?:is not known here|could not be looked up)/);
    expect(error.hint).toContain('HTTPS_PROXY');
  });

  it.each(['http://127.0.0.1:8080', 'login.microsoftonline.us', 'ftp://login.example.test', ' '])(
    'at the authority %j says what it must be, and sends nothing',
    async (host) => {
      const sent = emulator.requests.length;
      const { code, message, hint } = await failure({
        ...base(),
        ...variables(),
        AZURE_AUTHORITY_HOST: host,
      });
      expect(code).toBe('InvalidUsage');
      expect(message).toBe(`AZURE_AUTHORITY_HOST must begin with https://, and is ${JSON.stringify(host)}.`);
      expect(hint).toMatch(/^unset AZURE_AUTHORITY_HOST /);
      expect(emulator.requests.length).toBe(sent);
    },
  );

  it('that is half set up is not replaced by another principal', async () => {
    stubTool('az', goodToken);
    const [id = ''] = Object.keys(variables()).filter((each) => each.endsWith('_CLIENT_ID'));
    const error = await failure({ ...base(), ...variables(), [id]: '' });
    expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining(`${id} is not`) });
  });
});

describe('what a sign-in needs from this machine', () => {
  it.each<[string, Variables, string]>([
    [
      'a certificate',
      { AZURE_CLIENT_CERTIFICATE_PATH: '/nowhere/x.pem' },
      '/nowhere/x.pem cannot be read: there is no such file or folder.',
    ],
    [
      'a token',
      { AZURE_FEDERATED_TOKEN_FILE: '/nowhere/token' },
      '/nowhere/token cannot be read: there is no such file or folder.',
    ],
    [
      'the file of a certificate, of which a folder has the name,',
      { AZURE_CLIENT_CERTIFICATE_PATH: tmpdir() },
      `${tmpdir()} cannot be read: it is a folder.`,
    ],
    [
      'the file of a token, of which a folder has the name,',
      { AZURE_FEDERATED_TOKEN_FILE: tmpdir() },
      `${tmpdir()} cannot be read: it is a folder.`,
    ],
  ])('is named where %s is missing', async (_, variables, sentence) => {
    const error = await failure({ ...base(), ...application(), ...variables });
    expect(error).toMatchObject({ exitCode: 3 });
    expect(error.message).toContain(sentence);
  });
});

describe('the sign-in by Azure Pipelines', () => {
  const refused = (status: number, message: string): FaultEffect => ({ status, body: { $id: '1', message } });
  it.each<[string, FaultEffect, number, string]>([
    [
      'a job that may not',
      refused(401, 'TF400813: The user is not authorized to access this resource.'),
      3,
      'refused the sign-in by Azure Pipelines: TF400813: The user is not authorized to access this resource.',
    ],
    [
      'a service connection that is not there',
      refused(404, 'VS402960: The service connection was not found.'),
      3,
      'refused the sign-in by Azure Pipelines: VS402960: The service connection was not found.',
    ],
    ['429', { status: 429, body: {} }, 7, 'gave no token for the sign-in by Azure Pipelines, HTTP 429'],
    [
      '503 with a sentence',
      refused(503, 'TF400733: The service is down for maintenance.'),
      7,
      'HTTP 503: TF400733: The service is down for maintenance.',
    ],
    [
      'a dropped line',
      { drop: true },
      7,
      'could not be reached for the sign-in by Azure Pipelines: the connection to dev.azure.com was cut',
    ],
  ])("that meets %s at Azure DevOps shows Azure DevOps's sentence", async (_, effect, exitCode, sentence) => {
    emulator.faults.set([devops(effect)]);
    const error = await failure({ ...base(), ...pipelines() });
    expect(error).toMatchObject({ exitCode });
    expect(error.message).toContain('Azure DevOps (dev.azure.com)');
    expect(error.message).toContain(sentence);
  });

  it('that does not find Azure DevOps by its name says so, and ends with 7', async () => {
    const uri = 'https://devops.example.test/oidctoken';
    const variables = { ...pipelines(), SYSTEM_OIDCREQUESTURI: uri, NO_PROXY: 'devops.example.test' };
    vi.stubEnv('SYSTEM_OIDCREQUESTURI', uri);
    const error = await failure({ ...base(), ...variables });
    expect(error).toMatchObject({ exitCode: 7 });
    expect(error.message).toMatch(/devops\.example\.test (?:is not known here|could not be looked up)/);
  });

  it('is meant where the job has its token, and then needs all of it', async () => {
    stubTool('az', goodToken);
    const { SYSTEM_OIDCREQUESTURI: _, ...half } = pipelines();
    expect(await failure({ ...base(), ...half })).toMatchObject({
      exitCode: 3,
      message: 'SYSTEM_ACCESSTOKEN is set, and SYSTEM_OIDCREQUESTURI is not.',
    });
    const { SYSTEM_ACCESSTOKEN: __, ...task } = pipelines();
    expect(await signIn({ ...base(), ...task })).toMatchObject({ source: 'az' });
  });

  it.each<[string, () => string, string[]]>([
    ['the application of the service connection', () => application().AZURE_CLIENT_ID, []],
    [
      'another',
      () => 'another',
      [
        'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID and SYSTEM_ACCESSTOKEN are not both set. So podid signed in by az, as application another. Where that is meant, choose it: --auth az',
      ],
    ],
  ])(
    'whose job has no token goes on to az, and says so unless that is the same: %s',
    async (_, application, expected) => {
      const payload = Buffer.from(JSON.stringify({ appid: application() })).toString('base64url');
      stubTool('az', `echo '{"accessToken": "e30.${payload}.c2ln", "expires_on": 4102444800}'`);
      for (const SYSTEM_ACCESSTOKEN of [undefined, '']) {
        const { SYSTEM_ACCESSTOKEN: _token, ...task } = pipelines();
        const given = SYSTEM_ACCESSTOKEN === undefined ? task : { ...task, SYSTEM_ACCESSTOKEN };
        const notes: string[] = [];
        const note = (text: string) => void notes.push(text);
        const settings = { ...(await settingsOf({ ...base(), ...given })), note };
        expect(await signIn({}, {}, settings)).toMatchObject({ source: 'az' });
        expect(notes).toEqual(expected);
      }
    },
  );
});

const goodToken = `echo '{"accessToken": "eyJ0eXAi.eyJhIjoxfQ.c2ln", "expires_on": 4102444800, "tokenType": "Bearer"}'`;

/** A program of that name, and `/bin` for what it says. */
function stubTool(name: string, script: string): void {
  writeFileSync(at(name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
  chmodSync(at(name), 0o755);
}
const says = (text: string, exit = 1) => `cat >&2 <<'END'\n${text}\nEND\nexit ${exit}`;

describe('the sign-in by az', () => {
  afterEach(() => {
    rmSync(at('az'), { force: true });
    rmSync(at('azd'), { force: true });
  });

  it('gives a token', async () => {
    stubTool('az', goodToken);
    expect(await signIn(base())).toMatchObject({ source: 'az' });
  });

  it.each<[string, string, number, string]>([
    [
      'an expired assertion',
      says(
        'ERROR: AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-30T02:00:00Z. Trace ID: 1\nPlease run: az login --service-principal -u x --federated-token TOKEN',
      ),
      3,
      'az gave no token: AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-30T02:00:00Z. Trace ID: 1 Please run: az login --service-principal -u x --federated-token TOKEN',
    ],
    [
      'an old refresh token, in colours and with a warning',
      says(
        'WARNING: a preview\n\u001b[91mERROR: AADSTS700082: The refresh token has expired due to inactivity.\u001b[0m\nInteractive authentication is needed. Please run:\naz login',
      ),
      3,
      'az gave no token: AADSTS700082: The refresh token has expired due to inactivity. Interactive authentication is needed. Please run: az login',
    ],
    [
      'a Python trace',
      says(
        'ERROR: The command failed with an unexpected error. Here is the traceback:\nTraceback (most recent call last):\n  File "x.py", line 1, in y\n    z()\nKeyError: \'refresh_token\'\nTo check existing issues, please visit: https://github.com/Azure/azure-cli/issues',
      ),
      3,
      "az broke off: KeyError: 'refresh_token'",
    ],
    [
      'a name that is not found',
      says(
        "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded with url: / (Caused by NameResolutionError(\"Failed to resolve 'login.microsoftonline.com'\"))",
      ),
      7,
      'az could not get a token: HTTPSConnectionPool(',
    ],
    [
      'a reset',
      says("ERROR: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"),
      7,
      "az could not get a token: ('Connection aborted.'",
    ],
    [
      '429',
      says('ERROR: 429 Client Error: Too Many Requests for url: https://login.microsoftonline.com/'),
      7,
      'az could not get a token: 429',
    ],
    [
      '503',
      says('ERROR: 503 Server Error: Service Unavailable for url: https://login.microsoftonline.com/'),
      7,
      'az could not get a token: 503',
    ],
    [
      '407',
      says(
        "ERROR: HTTPSConnectionPool(): Max retries exceeded (Caused by ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required')))",
      ),
      7,
      'Tunnel connection failed: 407 Proxy Authentication Required',
    ],
    [
      'an unknown authority',
      says(
        'ERROR: HTTPSConnectionPool(): Max retries exceeded (Caused by SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain")))',
      ),
      7,
      'CERTIFICATE_VERIFY_FAILED',
    ],
    [
      'garbage',
      `echo 'A new version is available! {"accessToken": "eyJ0eXAi.eyJhIjoxfQ.c2ln"}'`,
      3,
      'az printed something that is not a token: "A new version is available! {',
    ],
    ['nothing', 'exit 0', 3, 'az printed nothing.'],
    ['nothing, and fails', 'exit 1', 3, 'az ended with 1 and said nothing.'],
  ])('that meets %s shows its line', async (_, script, exitCode, message) => {
    stubTool('az', script);
    stubTool('azd', `echo '{"token": "t", "expiresOn": "2099-01-01T00:00:00Z"}'`);
    const error = await failure(base());
    expect(error).toMatchObject({ exitCode, message: expect.stringContaining(message) });
    expect(error.message).not.toContain('eyJ');
  });

  it('says how to have az trust an authority, and what to type to sign in anew', async () => {
    stubTool('az', says('ERROR: CERTIFICATE_VERIFY_FAILED'));
    expect((await failure(base())).hint).toContain('export REQUESTS_CA_BUNDLE=FILE');
    stubTool(
      'az',
      says('ERROR: AADSTS50076: Due to a configuration change you must use multi-factor authentication.'),
    );
    expect((await failure(base(), { tenant: 'contoso.com' })).hint).toBe('az login --tenant contoso.com');
  });

  it('that nobody has done gives way to azd', async () => {
    stubTool('az', says("ERROR: Please run 'az login' to setup account."));
    stubTool('azd', `echo '{"token": "t", "expiresOn": "2099-01-01T00:00:00Z"}'`);
    expect(await signIn(base())).toMatchObject({ source: 'azd' });
    stubTool('azd', says('ERROR: not logged in, run `azd auth login` to login'));
    expect(await failure(base())).toMatchObject({
      exitCode: 3,
      message: 'No sign-in to Azure was found.',
      hint: 'az login',
    });
  });

  it('asks for the account of the subscription, or for the tenant that is named', async () => {
    const profile = {
      id: '00000000-0000-4000-8000-000000000001',
      name: 'demo',
      tenantId: 't',
      isDefault: true,
    };
    writeFileSync(at('azureProfile.json'), JSON.stringify({ subscriptions: [profile] }));
    stubTool('az', `echo "$@" > ${at('asked')}\n${goodToken}`);
    await signIn(base());
    const { readFileSync } = await import('node:fs');
    const args = 'account get-access-token --output json --resource https://management.azure.com';
    expect(readFileSync(at('asked'), 'utf8')).toBe(`${args} --subscription ${profile.id}\n`);
    await signIn(base(), { tenant: 'contoso.com' });
    expect(readFileSync(at('asked'), 'utf8')).toBe(`${args} --tenant contoso.com\n`);
    rmSync(at('azureProfile.json'));
  });
});

/** As MSAL for Go begins what it says of an answer. */
const httpCall = 'http call(https://login.microsoftonline.com/t/oauth2/v2.0/token)(POST) error:';

describe('the sign-in by azd', () => {
  afterEach(() => rmSync(at('azd'), { force: true }));

  it.each<[string, string, number, string]>([
    [
      'words in its JSON',
      `cat <<'END'\n{"type":"consoleMessage","data":{"message":"\\nERROR: fetching token: AADSTS50173: The provided grant has expired.\\n"}}\nEND\nexit 1`,
      3,
      'azd gave no token: fetching token: AADSTS50173: The provided grant has expired.',
    ],
    [
      'a name that is not found',
      says('ERROR: fetching token: dial tcp: lookup login.microsoftonline.com: no such host'),
      7,
      'no such host',
    ],
    [
      'an unknown authority',
      says('ERROR: tls: failed to verify certificate: x509: certificate signed by unknown authority'),
      7,
      'x509: certificate signed by unknown authority',
    ],
    [
      '429',
      says(`ERROR: fetching token: ${httpCall} reply status code was 429:\n`),
      7,
      'azd could not get a token: fetching token: http call',
    ],
    [
      '503',
      says(`ERROR: fetching token: ${httpCall} reply status code was 503:\nService unavailable`),
      7,
      'reply status code was 503: Service unavailable',
    ],
    [
      'a reset',
      says(
        'ERROR: fetching token: Post "https://login.microsoftonline.com/t/oauth2/v2.0/token": read tcp 10.0.0.4:50312->20.190.151.7:443: read: connection reset by peer',
      ),
      7,
      'connection reset by peer',
    ],
    [
      'a line that ends too early',
      says('ERROR: fetching token: Post "https://login.microsoftonline.com/t/oauth2/v2.0/token": EOF'),
      7,
      'oauth2/v2.0/token": EOF',
    ],
    [
      'a network that leads nowhere',
      says('ERROR: fetching token: dial tcp 20.190.151.7:443: connect: network is unreachable'),
      7,
      'network is unreachable',
    ],
    [
      'no answer in time',
      says(
        'ERROR: fetching token: Post "https://login.microsoftonline.com/t/oauth2/v2.0/token": context deadline exceeded',
      ),
      7,
      'context deadline exceeded',
    ],
    [
      '407',
      says(
        'ERROR: fetching token: Post "https://login.microsoftonline.com/t/oauth2/v2.0/token": Proxy Authentication Required',
      ),
      7,
      'Proxy Authentication Required',
    ],
    ['garbage', 'echo hello', 3, 'azd printed something that is not a token: "hello"'],
  ])('that meets %s shows its line', async (_, script, exitCode, message) => {
    stubTool('azd', script);
    const error = await failure(base(), { auth: 'azd' });
    expect(error).toMatchObject({ exitCode, message: expect.stringContaining(message) });
  });
});

describe('the sign-in by managed identity', () => {
  /** One for all, since the library keeps where it asked first. */
  let answer: { readonly status?: number; readonly body?: unknown } = {};
  let imds: Server;
  let settings: AzureSettings;
  const asked: (string | null)[] = [];
  beforeAll(async () => {
    imds = createServer((request, response) => {
      asked.push(new URL(request.url ?? '/', 'http://imds').searchParams.get('client_id'));
      if (answer.status === undefined) {
        request.socket.destroy();
      } else {
        response.writeHead(answer.status).end(JSON.stringify(answer.body));
      }
    });
    await new Promise<void>((resolve) => imds.listen(0, '127.0.0.1', resolve));
    settings = await settingsOf(base(), { auth: 'managed-identity' });
  });
  beforeEach(() => {
    const { port } = imds.address() as AddressInfo;
    vi.stubEnv('AZURE_POD_IDENTITY_AUTHORITY_HOST', `http://127.0.0.1:${port}`);
  });

  it.each<[typeof answer, number, string]>([
    [
      { status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } },
      3,
      'The metadata service (IMDS) refused the sign-in by managed identity: Identity not found',
    ],
    [
      { status: 503, body: { error: 'x', error_description: 'Not ready' } },
      7,
      'The metadata service (IMDS) gave no token for the sign-in by managed identity, HTTP 503: Not ready',
    ],
    [
      { status: 429, body: {} },
      7,
      'The metadata service (IMDS) gave no token for the sign-in by managed identity, HTTP 429',
    ],
    [{}, 7, 'The metadata service (IMDS) could not be reached for the sign-in by managed identity: '],
  ])('that meets %j shows it, and ends with %i', async (given, exitCode, message) => {
    answer = given;
    const error = await failure({}, {}, settings);
    expect(error).toMatchObject({ exitCode, message: expect.stringContaining(message) });
  });

  const clientId = '33333333-0000-4000-8000-000000000000';
  it.each<[Variables, { auth?: string }]>([
    [{}, { auth: 'managed-identity' }],
    [{ AZURE_CLIENT_ID: clientId }, { auth: 'managed-identity' }],
    [{ AZURE_TOKEN_CREDENTIALS: 'dev' }, { auth: 'managed-identity' }],
    [{ AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential' }, {}],
    [{ AZURE_TOKEN_CREDENTIALS: 'managedidentitycredential', AZURE_CLIENT_ID: clientId }, {}],
    [{ AZURE_TOKEN_CREDENTIALS: 'prod' }, {}],
    [{ AZURE_TOKEN_CREDENTIALS: 'prod', AZURE_CLIENT_ID: clientId }, {}],
    [{ AZURE_TOKEN_CREDENTIALS: 'prod', ...{ AZURE_CLIENT_ID: clientId, AZURE_TENANT_ID: 't' } }, {}],
  ])('by %j and %j gives a token, of the identity of AZURE_CLIENT_ID', async (variables, choice) => {
    stubTool('az', goodToken);
    const body = { access_token: 'of-the-identity', expires_in: 3600, token_type: 'Bearer', resource: 'r' };
    [answer, asked.length] = [{ status: 200, body }, 0];
    const notes: string[] = [];
    const chosen = await settingsOf({ ...base(), ...variables }, choice);
    // What the library has kept of an earlier row is for another scope.
    const scope = `https://${Buffer.from(JSON.stringify([variables, choice])).toString('hex')}.example/.default`;
    const given = { ...chosen, network: settings.network, note: (text: string) => notes.push(text) };
    const credential = createCredential(given);
    expect((await credential.getToken(scope, {}))?.token).toBe('of-the-identity');
    expect(credential.source()).toBe('managed identity');
    expect(asked).toEqual([variables['AZURE_CLIENT_ID'] ?? null]);
    expect(notes).toEqual([]);
    rmSync(at('az'));
  });

  it('that finds no metadata service says so, and ends with 3', async () => {
    await new Promise((resolve) => imds.close(resolve));
    const error = await failure({}, {}, settings);
    expect(error).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('No managed identity is to be had on this machine: '),
      hint: expect.stringContaining('az vm identity assign'),
    });
  });
});

describe('the choice of a sign-in', () => {
  const none = () => ({ ...base() });

  it.each<[Variables, { auth?: string }, string]>([
    [{}, {}, 'workload identity'],
    [{}, { auth: 'az' }, 'az'],
    [{ AZURE_CLIENT_SECRET: 'meant too' }, { auth: 'workload-identity' }, 'workload identity'],
    [{ AZURE_TOKEN_CREDENTIALS: 'dev' }, { auth: 'workload-identity' }, 'workload identity'],
    [{ AZURE_TOKEN_CREDENTIALS: 'dev' }, {}, 'az'],
    [{ AZURE_TOKEN_CREDENTIALS: 'Prod' }, {}, 'workload identity'],
    [{ AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential' }, {}, 'az'],
    [{ AZURE_TOKEN_CREDENTIALS: 'azurecLIcredential ' }, {}, 'az'],
    [{ AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential' }, {}, 'workload identity'],
    [{ AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential' }, { auth: 'az' }, 'az'],
    [{ AZURE_TOKEN_CREDENTIALS: 'AzureDeveloperCliCredential' }, {}, 'azd'],
    [{ AZURE_TOKEN_CREDENTIALS: 'AzureDeveloperCliCredential' }, { auth: 'AZ' }, 'az'],
  ])(
    'by %j and %j is %s, where the workload identity, az and azd are there',
    async (variables, choice, source) => {
      stubTool('az', goodToken);
      stubTool('azd', `echo '{"token": "t", "expiresOn": "2099-01-01T00:00:00Z"}'`);
      expect(await signIn({ ...none(), ...workload(), ...variables }, choice)).toMatchObject({ source });
      rmSync(at('az'));
      rmSync(at('azd'));
    },
  );

  it.each(['EnvironmentCredential', ' environmentcredential', 'prod'])(
    'by AZURE_TOKEN_CREDENTIALS=%j is the environment, where a secret, a workload identity and az are there',
    async (wanted) => {
      stubTool('az', goodToken);
      const variables = { ...workload(), ...secret(), AZURE_TOKEN_CREDENTIALS: wanted };
      expect(await signIn({ ...none(), ...variables })).toMatchObject({ source: 'environment' });
      rmSync(at('az'));
    },
  );

  it('by AZURE_TOKEN_CREDENTIALS=EnvironmentCredential is no other, where no secret is there', async () => {
    stubTool('az', goodToken);
    const variables = { ...workload(), AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential' };
    expect(await failure({ ...none(), ...variables })).toMatchObject({
      exitCode: 3,
      message:
        'No sign-in to Azure was found. environment: AZURE_CLIENT_ID and AZURE_TENANT_ID are set, and neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is.',
    });
    rmSync(at('az'));
  });

  /** As .NET, Python and Java name them; each SDK takes others. */
  it.each([
    'VisualStudioCredential',
    'VisualStudioCodeCredential',
    'AzurePowerShellCredential',
    'AzurePowershellCredential',
    'BrokerCredential',
    'BrokerAuthenticationCredential',
    'IntelliJCredential',
  ])("by AZURE_TOKEN_CREDENTIALS=%s is the SDKs' own, and podid's next to it are named", async (name) => {
    const error = await failure({ ...none(), AZURE_TOKEN_CREDENTIALS: name });
    expect(error).toMatchObject({
      exitCode: 2,
      message: `AZURE_TOKEN_CREDENTIALS is "${name}", a sign-in of the Azure SDKs that podid does not have.`,
      hint: expect.stringContaining('or choose by --auth, which wins over it'),
    });
  });

  it.each<[Variables, { auth?: string }, number, string]>([
    [
      { AZURE_TOKEN_CREDENTIALS: 'InteractiveBrowserCredential' },
      {},
      3,
      'No sign-in to Azure was found. browser: Nobody is there to sign in.',
    ],
    [{}, { auth: 'browser' }, 3, 'No sign-in to Azure was found. browser: Nobody is there to sign in.'],
    [
      {},
      { auth: 'device-code' },
      3,
      'No sign-in to Azure was found. device code: Nobody is there to sign in.',
    ],
    [
      { AZURE_TOKEN_CREDENTIALS: 'az' },
      {},
      2,
      'AZURE_TOKEN_CREDENTIALS is "az", and the Azure SDKs know no such value.',
    ],
    [{}, { auth: 'powershell' }, 2, '--auth powershell is not known.'],
    [
      {},
      { auth: 'environment' },
      3,
      'No sign-in to Azure was found. environment: Neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set.',
    ],
    [{}, { auth: 'az' }, 3, 'No sign-in to Azure was found. az: az is not installed.'],
    [
      {},
      { auth: 'workload-identity' },
      3,
      'No sign-in to Azure was found. workload identity: AZURE_FEDERATED_TOKEN_FILE is not set.',
    ],
    [
      {},
      { auth: 'pipelines' },
      3,
      'No sign-in to Azure was found. Azure Pipelines: AZURESUBSCRIPTION_SERVICE_CONNECTION_ID and SYSTEM_ACCESSTOKEN are not both set.',
    ],
  ])('by %j and %j ends with %i', async (variables, choice, exitCode, message) => {
    expect(await failure({ ...none(), ...variables }, choice)).toMatchObject({ exitCode, message });
  });
});
