import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';
import type { AccessToken, TokenCredential } from '@azure/identity';
import { untilAborted } from '../../domain/time/time-limit.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ArmEndpoint } from '../connection/arm-endpoint.ts';
import type { SignedIn } from '../connection/arm-request.ts';
import { challengeClaims } from '../connection/challenge-claims.ts';
import { callerOfToken, isApplicationToken, tenantOfToken } from './caller-of-token.ts';
import type { ChosenCredential } from './credential.ts';
import { ClaimsUnsupported } from './source.ts';

/** How long before its end a token is no longer used: the longest request and clock skew fit in. */
const renewBeforeMs = 5 * 60_000;

/** One token for all adapters, so that a sign-in that costs a second (az as a process) is paid once. */
export interface ArmTokens {
  /** A token good for the next request. @throws PodidError NotSignedIn */
  get(signal: AbortSignal | undefined): Promise<string>;
  /**
   * A token other than the refused one, asked for anew; with the claims of Entra's challenge when there are
   * some.
   */
  renew(refused: string, claims: string | undefined, signal: AbortSignal | undefined): Promise<string>;
  /** Whose token was used last, for messages. */
  caller(): string;
  /** The source that gave it, and its tenant. */
  signedIn(): SignedIn;
}

export interface ArmTokensOptions {
  /** Makes a credential without a cached token. */
  readonly signIn: () => Promise<TokenCredential>;
  readonly scope: string;
  readonly now: () => number;
}

/** A sign-in under way. */
interface Pending {
  readonly token: Promise<AccessToken>;
  readonly stop: AbortController;
  waiting: number;
}

export function createArmTokens({ signIn, scope, now }: ArmTokensOptions): ArmTokens {
  let current: AccessToken | undefined;
  let credential: Promise<TokenCredential> | undefined;
  let pending: Pending | undefined;
  let last: SignedIn = { source: undefined, tenantId: undefined };

  const ask = async (claims: string | undefined, abortSignal: AbortSignal): Promise<AccessToken> => {
    credential ??= signIn();
    const signedIn = await credential;
    const token = await signedIn.getToken(scope, {
      enableCae: true,
      abortSignal,
      ...(claims === undefined ? {} : { claims }),
    });
    if (token === null) {
      throw new Error('The credential gave no token.');
    }
    current = token;
    last = {
      source: (signedIn as Partial<ChosenCredential>).source?.(),
      tenantId: tenantOfToken(token.token),
      isApplication: isApplicationToken(token.token),
    };
    return token;
  };
  const begin = (claims: string | undefined): Pending => {
    const stop = new AbortController();
    const begun: Pending = {
      stop,
      waiting: 0,
      token: ask(claims, stop.signal).finally(() => {
        pending = pending === begun ? undefined : pending;
      }),
    };
    return begun;
  };
  /**
   * Callers at the same time share one sign-in; each stops waiting with its own signal, and with the last of them ends
   * what was begun: az as a process, a port for the browser.
   */
  const shared = async (signal: AbortSignal | undefined, claims?: string): Promise<AccessToken> => {
    pending ??= begin(claims);
    const joined = pending;
    joined.waiting += 1;
    try {
      return await (signal === undefined ? joined.token : untilAborted(joined.token, signal));
    } finally {
      joined.waiting -= 1;
      if (joined.waiting === 0) {
        pending = pending === joined ? undefined : pending;
        joined.stop.abort(signal?.reason);
      }
    }
  };

  return {
    async get(signal) {
      const isFresh = current !== undefined && isUsable(current, now());
      return (isFresh && current !== undefined ? current : await shared(signal)).token;
    },
    async renew(refused, claims, signal) {
      if (current?.token === refused && pending === undefined) {
        current = undefined;
        credential = undefined;
      }
      return (current ?? (await shared(signal, claims))).token;
    },
    caller: () => (current === undefined ? 'The signed-in principal' : callerOfToken(current.token)),
    signedIn: () => last,
  };
}

/** Renewed early where the source says when, else some minutes before its end. */
function isUsable(token: AccessToken, nowMs: number): boolean {
  const renewAtMs = token.refreshAfterTimestamp ?? token.expiresOnTimestamp - renewBeforeMs;
  return nowMs < renewAtMs;
}

/**
 * Puts the token on each try of a request, and after a 401 once a renewed one. It stands in for the SDK's own
 * policy, which renews only on some challenges, keeps a token a client, and refuses the loopback endpoints of
 * tests. A URL that is not ARM's own, whoever named it, gets no request at all.
 */
export function signInPolicy(tokens: ArmTokens, endpoint: ArmEndpoint): PipelinePolicy {
  return {
    name: 'podidSignIn',
    async sendRequest(request, next) {
      if (!endpoint.mayReceiveToken(request.url)) {
        throw strangeHost(request);
      }
      if (endpoint.isLoopback) {
        request.allowInsecureConnection = true;
      }
      const signal = request.abortSignal as AbortSignal | undefined;
      const token = await tokens.get(signal);
      request.headers.set('Authorization', `Bearer ${token}`);
      const response = await next(request);
      if (response.status !== 401) {
        return response;
      }
      const encoded = challengeClaims(response.headers.get('WWW-Authenticate'));
      const claims = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
      const renewed = await tokens.renew(token, claims, signal).catch((error: unknown) => {
        if (error instanceof ClaimsUnsupported) {
          return undefined;
        }
        throw error;
      });
      // Whoever has to sign in anew hears Azure's own sentence.
      if (renewed === undefined) {
        return response;
      }
      request.headers.set('Authorization', `Bearer ${renewed}`);
      return next(request);
    },
  };
}

function strangeHost(request: PipelineRequest): PodidError {
  const host = URL.canParse(request.url) ? new URL(request.url).host : 'no valid host';
  return new PodidError(
    'Unavailable',
    `Azure's answer points to ${host}, and podid does not send the token there.`,
    {
      hint: advice`Check PODID_ARM_ENDPOINT, --cloud and the proxy.`,
    },
  );
}
