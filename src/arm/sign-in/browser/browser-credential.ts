import { randomUUID } from 'node:crypto';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';
import {
  type AccountInfo,
  type AuthenticationResult,
  CryptoProvider,
  PublicClientApplication,
} from '@azure/msal-node';
import { advice, command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { AzureSettings } from '../azure-settings.ts';
import type { EntraClient } from '../entra-client.ts';
import { saidIn } from '../explain-refusal.ts';
import { type BrowserReturn, listenForBrowser } from './browser-return.ts';
import { msalNetwork } from './msal-network.ts';

/** Where a browser did not lead to a token. */
export const browserHint = advice`Try the other way: ${command('--auth', 'device-code')}`;

/** The Azure CLI's application, which every tenant knows; the SDK signs people in by it as well. */
const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

/**
 * Signs a person in by the browser of this machine. The SDK's own credential prints no address for those whose browser
 * does not open, ends the whole program where there is none, and keeps waiting after Ctrl-C.
 */
export function browserCredential(
  { prompt, tenantId }: Pick<AzureSettings, 'prompt' | 'tenantId'>,
  { options: { authorityHost, disableInstanceDiscovery, httpClient } }: EntraClient,
): TokenCredential {
  let app: PublicClientApplication | undefined;
  let account: AccountInfo | undefined;
  const appFor = (tenant: string) =>
    new PublicClientApplication({
      auth: {
        clientId: azureCli,
        authority: `${authorityHost.replace(/\/+$/, '')}/${tenant}`,
        knownAuthorities: disableInstanceDiscovery ? [new URL(authorityHost).host] : [],
      },
      system: { networkClient: msalNetwork(httpClient) },
    });
  return {
    async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
      app ??= appFor(options.tenantId ?? tenantId ?? 'organizations');
      const wanted = {
        scopes: [scopes].flat(),
        ...(options.claims === undefined ? {} : { claims: options.claims }),
      };
      const known = account;
      const silent = known && (await app.acquireTokenSilent({ ...wanted, account: known }).catch(() => null));
      const result = silent || (await askBrowser(app, { wanted, prompt }, signalOf(options)));
      account = result.account ?? undefined;
      return { token: result.accessToken, expiresOnTimestamp: result.expiresOn?.getTime() ?? 0 };
    },
  };
}

interface Asked {
  readonly wanted: { readonly scopes: string[]; readonly claims?: string };
  readonly prompt: AzureSettings['prompt'];
}

async function askBrowser(
  app: PublicClientApplication,
  { wanted, prompt }: Asked,
  signal: AbortSignal,
): Promise<AuthenticationResult> {
  const state = randomUUID();
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  await using listener = await listenForBrowser(state);
  const { redirectUri } = listener;
  const url = await app.getAuthCodeUrl({
    ...wanted,
    redirectUri,
    state,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    prompt: 'select_account',
  });
  prompt?.(
    `Sign in in the browser. If none opens, open this address on this machine, or use --auth device-code: ${url}`,
  );
  await openBrowser(url);
  const code = codeOf(await listener.returned(signal));
  return await app.acquireTokenByCode({ ...wanted, redirectUri, code, codeVerifier: verifier });
}

/** Whoever has no browser that opens has the address. */
async function openBrowser(url: string): Promise<void> {
  try {
    const { default: open } = await import('open');
    const opener = await open(url);
    opener.once('error', () => undefined);
  } catch {
    // As above.
  }
}

function codeOf(back: BrowserReturn): string {
  if (back.kind === 'code') {
    return back.code;
  }
  const { sentence } = saidIn(JSON.stringify({ error: back.error, error_description: back.sentence }));
  throw new PodidError('NotSignedIn', `Entra refused the sign-in by browser: ${sentence}`, {
    hint: browserHint,
  });
}

function signalOf({ abortSignal }: GetTokenOptions): AbortSignal {
  return (abortSignal as AbortSignal | undefined) ?? new AbortController().signal;
}
