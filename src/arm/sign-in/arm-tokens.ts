import type { AccessToken, TokenCredential } from '@azure/identity';
import { callerOfToken } from './caller-of-token.ts';

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
}

export interface ArmTokensOptions {
  /** Makes a credential without a cached token. */
  readonly signIn: () => Promise<TokenCredential>;
  readonly scope: string;
  readonly now: () => number;
}

export function createArmTokens({ signIn, scope, now }: ArmTokensOptions): ArmTokens {
  let current: AccessToken | undefined;
  let credential: Promise<TokenCredential> | undefined;
  let pending: Promise<AccessToken> | undefined;

  const ask = async (claims?: string): Promise<AccessToken> => {
    credential ??= signIn();
    const signedIn = await credential;
    const token = await signedIn.getToken(scope, {
      enableCae: true,
      ...(claims === undefined ? {} : { claims }),
    });
    if (token === null) {
      throw new Error('The credential gave no token.');
    }
    current = token;
    return token;
  };
  /** Callers at the same time share one sign-in; each stops waiting with its own signal. */
  const shared = (signal: AbortSignal | undefined, claims?: string): Promise<AccessToken> => {
    pending ??= ask(claims).finally(() => {
      pending = undefined;
    });
    return orAborted(pending, signal);
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
  };
}

/** Renewed early where the source says when, else some minutes before its end. */
function isUsable(token: AccessToken, nowMs: number): boolean {
  const renewAtMs = token.refreshAfterTimestamp ?? token.expiresOnTimestamp - renewBeforeMs;
  return nowMs < renewAtMs;
}

async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) {
    return promise;
  }
  signal.throwIfAborted();
  return new Promise<Value>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
