/** A question for a token, as an SDK puts it to the instance metadata service. */
export interface MetadataQuestion {
  /** Base URL: `http://169.254.169.254` but for tests and labs. */
  readonly endpoint: string;
  /** The audience. */
  readonly resource: string;
  readonly clientId?: string;
  readonly identityResourceId?: string;
}

/**
 * Whose token it is, as the answer and the token itself say. The token's signature is not looked at: whoever
 * takes it does that.
 */
export interface TokenOwner {
  /** Null where the token names none, or cannot be read. */
  readonly clientId: string | null;
  readonly objectId: string | null;
  readonly tenantId: string | null;
  /** Of the managed identity (claim `xms_mirid`). */
  readonly identityResourceId: string | null;
  readonly resource: string;
  /** Seconds since the epoch. */
  readonly expiresOnSec: number;
}

export interface MetadataAnswer {
  readonly owner: TokenOwner;
  /** Version of podid's agent that answered; null: IMDS itself, or another agent. */
  readonly agent: string | null;
}

/**
 * What stands at 169.254.169.254. The token stays behind this port: nobody gets to see more than whose it is.
 */
export interface MetadataService {
  /**
   * Asked once, without a retry.
   *
   * @throws PodidError TokenRefused | Forbidden | Unavailable (nobody answers, 429, 5xx; `retryAfterMs` where
   * the answer gave one), and
   *   the signal's reason
   */
  token(question: MetadataQuestion, signal: AbortSignal): Promise<MetadataAnswer>;
}
