import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { loopbackSignInCommand } from '../../domain/hints/emulator-command.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { type ErrorDetail, PodidError } from '../../errors/podid-error.ts';
import { isOnPath } from '../connection/is-on-path.ts';
import { authWays } from './auth-ways.ts';
import type { AzureSettings } from './azure-settings.ts';
import { applicationOfToken, callerOfToken } from './caller-of-token.ts';
import { entraSource } from './entra-sources.ts';
import { NotSetUp, type SignIn, type Source } from './source.ts';
import { toolSource } from './tool-sign-in.ts';

/** A credential that can say which source gave its token. */
export interface ChosenCredential extends TokenCredential {
  /** Undefined before the first token. */
  source(): string | undefined;
}

/**
 * The sign-in, by the ways of the settings in their order. A source of which nothing is set up gives way to the next;
 * one that is set up and fails ends the search.
 *
 * @throws PodidError NotSignedIn | Unavailable, and what a source throws
 */
export function createCredential(
  settings: AzureSettings,
  sources: readonly Source[] = sourcesOf(settings),
): ChosenCredential {
  const tenant = settings.tenantId === undefined ? {} : { tenantId: settings.tenantId };
  let chosen: { readonly name: string; readonly signIn: SignIn } | undefined;
  return {
    source: () => chosen?.name,
    async getToken(scopes, options) {
      const asked = { ...options, ...tenant };
      if (chosen !== undefined) {
        return chosen.signIn.getToken(scopes, asked);
      }
      const { token, ...found } = await firstToken(sources, scopes, asked, settings);
      chosen = found;
      return token;
    },
  };
}

function sourcesOf(settings: AzureSettings): readonly Source[] {
  return settings.ways.map((way) =>
    way === 'az' || way === 'azd' ? toolSource(settings, way) : entraSource(settings, way),
  );
}

async function firstToken(
  sources: readonly Source[],
  scopes: string | string[],
  options: GetTokenOptions,
  settings: AzureSettings,
): Promise<{ name: string; signIn: SignIn; token: AccessToken }> {
  const reasons: ErrorDetail[] = [];
  const passed: NotSetUp[] = [];
  for (const { name, make } of sources) {
    try {
      const signIn = make();
      const token = await signIn.getToken(scopes, options);
      if (token !== null) {
        noteOther(passed, { name, token: token.token }, settings);
        return { name, signIn, token };
      }
      reasons.push({ code: name, message: 'It gave no token.' });
    } catch (error) {
      if (!(error instanceof NotSetUp)) {
        throw error;
      }
      reasons.push({ code: name, message: error.message });
      passed.push(error);
    }
  }
  throw new PodidError('NotSignedIn', noSignIn(reasons), {
    hint: await signInHint(settings),
    details: reasons,
  });
}

/** Sources that sign in as AZURE_CLIENT_ID names it, by another proof. */
const byClientId: readonly string[] = [authWays['workload-identity'], authWays['managed-identity']];

/** Nobody becomes another principal in silence than the one that was named, and only not proved. */
function noteOther(
  passed: readonly NotSetUp[],
  { name, token }: { readonly name: string; readonly token: string },
  { note }: AzureSettings,
): void {
  const application = applicationOfToken(token);
  const named = passed.find(({ clientId }) => clientId && clientId !== application);
  if (named === undefined || byClientId.includes(name)) {
    return;
  }
  const way = Object.entries(authWays).find(([, called]) => called === name)?.[0] ?? name;
  const who = application === undefined ? '' : `, as ${callerOfToken(token)}`;
  note?.(
    `${named.message} So podid signed in by ${name}${who}. Where that is meant, choose it: --auth ${way}`,
  );
}

/** The reasons are the details, which are shown one a line where there are several. */
function noSignIn([only, ...others]: readonly ErrorDetail[]): string {
  const found = 'No sign-in to Azure was found.';
  return only === undefined || others.length > 0 ? found : `${found} ${only.code}: ${only.message}`;
}

/** By what is there: an emulator's endpoint wants its own token, and az helps only where it is installed. */
async function signInHint({ endpoint, environment, ways }: AzureSettings): Promise<Hint> {
  if (endpoint !== undefined && URL.canParse(endpoint) && isLoopbackHost(new URL(endpoint).hostname)) {
    return loopbackSignInCommand;
  }
  const [only, ...others] = ways;
  if (only === 'azd' && others.length === 0) {
    return advice`azd auth login`;
  }
  if (ways.includes('az') && (await isOnPath('az', environment['PATH']))) {
    return advice`az login`;
  }
  return advice`${command('export AZURE_TENANT_ID=TENANT AZURE_CLIENT_ID=APPLICATION AZURE_CLIENT_SECRET=SECRET')}  # of a service principal; or install az, then: az login`;
}
