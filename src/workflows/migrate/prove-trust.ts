import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { ExchangeCluster } from '../../domain/exchange/exchange-cluster.ts';
import { exchangeAudience } from '../../domain/migrate/workload-identity-words.ts';
import type { Azure } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { accountTokens } from '../exchange/account-tokens.ts';
import { type Rehearsal, type RehearseOptions, rehearse } from '../exchange/rehearse.ts';

interface ProofDeps {
  readonly azure: Pick<Azure, 'exchangeAssertion' | 'identities'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One identity, and the account that it is said to trust. */
export interface TrustInQuestion {
  readonly account: EntryKey;
  /** Of the cluster, as Azure names it; undefined: it has none. */
  readonly issuer: string | undefined;
  readonly resourceId: string;
  readonly rehearsal: RehearseOptions;
}

/** `not-tried`: a code, a colon and a sentence. */
export type Proof =
  | { readonly kind: 'tried'; readonly rehearsal: Rehearsal }
  | { readonly kind: 'not-tried'; readonly reason: string };

/**
 * Exchanges a token of the account, made with the caller's own rights, again and again, compares whose token comes, and
 * forgets both. Changes nothing.
 *
 * @throws PodidError of the cluster's API and of Azure, and the signal's reason
 */
export async function proveTrust(
  { azure, clock, signal }: ProofDeps,
  kube: Pick<ExchangeCluster, 'accountToken'>,
  { account, issuer, resourceId, rehearsal }: TrustInQuestion,
): Promise<Proof> {
  const tokens = accountTokens(kube, { account, audience: exchangeAudience }, clock);
  const made = await tokens.get(signal);
  if (made.issuer !== issuer) {
    return {
      kind: 'not-tried',
      reason: `OtherIssuer: tokens of the account are of the issuer ${made.issuer}, and Azure names ${issuer}.`,
    };
  }
  const inAzure = await azure.identities.get(resourceId, signal);
  return {
    kind: 'tried',
    rehearsal: await rehearse({ azure, tokens, clock, signal }, inAzure, rehearsal),
  };
}
