import type { AccessToken, GetTokenOptions } from '@azure/identity';
import { advice, command, type Hint, othersText } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord } from '../../validate/json-record.ts';
import type { AzureSettings } from './azure-settings.ts';
import { beginning } from './explain-refusal.ts';
import { runTool, type ToolEnd } from './run-tool.ts';
import { ClaimsUnsupported, NotSetUp, type SignIn, type Source } from './source.ts';
import {
  isCertificateSentence,
  isPassingSentence,
  isProxySentence,
  isPythonTrace,
  toolSentence,
} from './tool-words.ts';

/** What is asked of a tool. */
interface Wanted {
  readonly scope: string;
  /** `--tenant`. */
  readonly tenantId: string | undefined;
  /** Of az's profile: the account that gives the token. */
  readonly subscriptionId: string | undefined;
  /** The tenant of that account. */
  readonly accountTenantId: string | undefined;
  /** Base64. */
  readonly claims: string | undefined;
}

interface Tool {
  readonly name: 'az' | 'azd';
  readonly words: (wanted: Wanted) => readonly string[];
  readonly takesClaims: boolean;
  /** By these words it says that nobody is signed in. */
  readonly signedOut: RegExp;
  readonly logIn: (wanted: Wanted) => Hint;
  readonly read: (json: JsonRecord) => AccessToken | undefined;
}

const tools: Readonly<Record<'az' | 'azd', Tool>> = {
  az: {
    name: 'az',
    words: ({ scope, tenantId, subscriptionId }) => [
      ...['account', 'get-access-token', '--output', 'json', '--resource', scope.replace(/\/\.default$/, '')],
      // By its subscription az chooses the account, also where that is a machine's own, which takes no tenant.
      ...(tenantId !== undefined
        ? ['--tenant', tenantId]
        : subscriptionId === undefined
          ? []
          : ['--subscription', subscriptionId]),
    ],
    takesClaims: false,
    signedOut: /Please run ['"]?az login['"]? to (?:setup|set up|access)/,
    logIn: ({ tenantId, accountTenantId }) => {
      const tenant = tenantId ?? accountTenantId;
      return command('az login', ...(tenant === undefined ? [] : ['--tenant', tenant]));
    },
    read: (json) => readToken(json['accessToken'], json['expires_on'], json['expiresOn']),
  },
  azd: {
    name: 'azd',
    words: ({ scope, tenantId, accountTenantId, claims }) => {
      const tenant = tenantId ?? accountTenantId;
      return [
        ...['auth', 'token', '--output', 'json', '--no-prompt', '--scope', scope],
        ...(tenant === undefined ? [] : ['--tenant-id', tenant]),
        ...(claims === undefined ? [] : ['--claims', claims]),
      ];
    },
    takesClaims: true,
    signedOut: /not logged in/i,
    logIn: ({ tenantId, accountTenantId }) => {
      const tenant = tenantId ?? accountTenantId;
      return command('azd auth login', ...(tenant === undefined ? [] : ['--tenant-id', tenant]));
    },
    read: (json) => readToken(json['token'], undefined, json['expiresOn']),
  },
};

/** Longer than az takes on a slow machine. */
const toolTimeoutMs = 60_000;

/** A program that somebody has signed in to before. Its own words are kept, which the SDK replaces by its own. */
export function toolSource(settings: AzureSettings, name: 'az' | 'azd'): Source {
  const tool = tools[name];
  return {
    name,
    make: (): SignIn => ({
      async getToken(scopes: string | string[], options?: GetTokenOptions) {
        const wanted = wantedOf(settings, [scopes].flat()[0] ?? '', options);
        if (wanted.claims !== undefined && !tool.takesClaims) {
          throw new ClaimsUnsupported(`${name} takes no claims.`);
        }
        const end = await runTool(name, tool.words(wanted), {
          environment: settings.environment,
          timeoutMs: toolTimeoutMs,
          signal: options?.abortSignal as AbortSignal | undefined,
        });
        return tokenIn(tool, wanted, end);
      },
    }),
  };
}

function wantedOf(settings: AzureSettings, scope: string, options: GetTokenOptions | undefined): Wanted {
  const { tenantId, profile } = settings;
  const given = {
    scope,
    tenantId,
    subscriptionId: profile?.id === profile?.tenantId ? undefined : profile?.id,
    accountTenantId: profile?.tenantId,
  };
  for (const word of Object.values(given)) {
    // On Windows a shell reads them.
    if (word !== undefined && !/^[\w.:/-]+$/.test(word)) {
      throw new PodidError(
        'InvalidUsage',
        `${JSON.stringify(word)} cannot be a tenant, subscription or scope.`,
        {
          hint: advice`Give the tenant by its id: ${command('--tenant', 'ID')}`,
        },
      );
    }
  }
  const { claims } = options ?? {};
  return { ...given, claims: claims === undefined ? undefined : Buffer.from(claims).toString('base64') };
}

function tokenIn(tool: Tool, wanted: Wanted, { stdout, stderr, how, exitCode }: ToolEnd): AccessToken {
  const { name } = tool;
  if (how === 'not found') {
    throw new NotSetUp(`${name} is not installed.`);
  }
  if (how === 'too slow') {
    throw new PodidError('Unavailable', `${name} gave no token within ${toolTimeoutMs / 1000} s.`, {
      hint: advice`See what it waits for: ${command(tool.name === 'az' ? 'az account get-access-token' : 'azd auth token')}`,
    });
  }
  if (exitCode === 0) {
    const token = tool.read(parse(stdout));
    if (token !== undefined) {
      return token;
    }
  }
  const sentence = toolSentence(stderr, stdout);
  if (tool.signedOut.test(sentence)) {
    throw new NotSetUp(sentence);
  }
  if (exitCode !== 0 && sentence === '') {
    throw new PodidError('NotSignedIn', `${name} ended with ${exitCode} and said nothing.`, {
      hint: tool.logIn(wanted),
    });
  }
  if (exitCode === 0) {
    const printed = stdout.trim() === '' ? 'nothing.' : `something that is not a token: ${beginning(stdout)}`;
    throw new PodidError('NotSignedIn', `${name} printed ${printed}`, {
      hint: advice`See what it prints: ${command(name === 'az' ? 'az account get-access-token --output none --debug' : 'azd auth token --debug')}`,
    });
  }
  throw failed(tool, wanted, { sentence, isTrace: isPythonTrace(stderr) });
}

function failed(
  tool: Tool,
  wanted: Wanted,
  { sentence, isTrace }: { readonly sentence: string; readonly isTrace: boolean },
): PodidError {
  const { name } = tool;
  const details = [{ code: name, message: sentence }];
  if (isPassingSentence(sentence)) {
    return new PodidError('Unavailable', `${name} could not get a token: ${sentence}`, {
      details,
      hint: wayHint(name, sentence),
    });
  }
  return new PodidError('NotSignedIn', `${name} ${isTrace ? 'broke off' : 'gave no token'}: ${sentence}`, {
    details,
    hint: isTrace ? brokenHint : tool.logIn(wanted),
  });
}

/** A new sign-in mends no fault of the program. */
const brokenHint = advice`See whether az itself works: ${command('az account get-access-token --output none --debug')}; or sign in another way: ${command('--auth device-code').again()}`;

function wayHint(name: string, sentence: string): Hint {
  if (isCertificateSentence(sentence)) {
    return name === 'az'
      ? advice`${command('export REQUESTS_CA_BUNDLE=FILE')}  # FILE: PEM of the authorities to trust, the company's among them; podid trusts it as well`
      : advice`${command('export SSL_CERT_FILE=FILE')}  # FILE: PEM of the authorities to trust, the company's among them; podid trusts it as well`;
  }
  return isProxySentence(sentence)
    ? advice`Look at HTTPS_PROXY and NO_PROXY, which ${othersText(name)} and podid both read.`
    : advice`Try the same command again in a moment.`;
}

function parse(text: string): JsonRecord {
  try {
    // A wrapper of PowerShell's begins what it passes on with a byte order mark.
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(json) ? json : {};
  } catch {
    return {};
  }
}

/** @param onSec seconds since the epoch, of az 2.54 and newer @param on a date in the local time zone (az) or in RFC 3339 (azd) */
function readToken(token: unknown, onSec: unknown, on: unknown): AccessToken | undefined {
  const seconds = Number(onSec);
  const atMs = onSec !== undefined && Number.isFinite(seconds) ? seconds * 1000 : Date.parse(String(on));
  return typeof token === 'string' && token !== '' && !Number.isNaN(atMs)
    ? { token, expiresOnTimestamp: atMs, tokenType: 'Bearer' }
    : undefined;
}
