import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import type { AccountToken, ExchangeCluster } from '../../domain/exchange/exchange-cluster.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

/** The shortest life that Kubernetes gives a token. */
const lifeSec = 600;

/** So old a token is no longer exchanged: what is left of its life is more than any clock is off. */
const freshMs = 240_000;

/** Tokens of one account, made with the caller's rights, held in memory and nowhere else. */
export interface AccountTokens {
  /** One for all who ask within four minutes. @throws as `ExchangeCluster.accountToken` */
  get(signal: AbortSignal): Promise<AccountToken>;
  /** The next one is made anew. */
  forget(): void;
}

export function accountTokens(
  kube: Pick<ExchangeCluster, 'accountToken'>,
  { account, audience }: { readonly account: EntryKey; readonly audience: string },
  clock: Pick<Clock, 'monotonic'>,
): AccountTokens {
  let kept: { readonly made: Promise<AccountToken>; readonly atMs: number } | undefined;
  return {
    async get(signal) {
      if (kept === undefined || clock.monotonic() - kept.atMs >= freshMs) {
        const made = kube.accountToken(account, { audience, seconds: lifeSec }, signal);
        const asked = { made, atMs: clock.monotonic() };
        kept = asked;
        made.catch(() => {
          kept = kept === asked ? undefined : kept;
        });
      }
      return await kept.made;
    },
    forget() {
      kept = undefined;
    },
  };
}

/** The same of any number of accounts. */
export interface TokensByAccount {
  of(account: EntryKey): AccountTokens;
  /** Of all of them the next one is made anew. */
  forget(): void;
}

export function tokensByAccount(
  kube: Pick<ExchangeCluster, 'accountToken'>,
  { audience }: { readonly audience: string },
  clock: Pick<Clock, 'monotonic'>,
): TokensByAccount {
  const kept = new Map<string, AccountTokens>();
  return {
    of(account) {
      const tokens = kept.get(entryText(account)) ?? accountTokens(kube, { account, audience }, clock);
      kept.set(entryText(account), tokens);
      return tokens;
    },
    forget() {
      for (const tokens of kept.values()) {
        tokens.forget();
      }
    },
  };
}

/** An account that is not there, as a value. @throws what it is given, else */
export function unlessNoAccount(error: unknown): PodidError {
  if (!isPodidError(error, 'AgentRefused')) {
    throw error;
  }
  return error;
}
