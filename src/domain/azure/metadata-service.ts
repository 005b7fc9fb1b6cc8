/** A question for a token, as an SDK puts it to the instance metadata service. */
export interface MetadataQuestion {
  /** Base URL: `http://169.254.169.254` but for tests and labs. */
  readonly endpoint: string;
  /** The audience. */
  readonly resource: string;
  readonly clientId?: string;
  readonly identityResourceId?: string;
  /** Namespace of the pod that `--emulated-pod` makes up, which is in no cluster afterwards. */
  readonly emulatedIn?: string;
  /** What to open, once there is a token. */
  readonly open?: UrlToOpen;
}

/** What is asked for by GET, once. */
export type UrlToOpen = {
  /** Without a query, and as it was named where another host stands in. */
  readonly shown: string;
} & (
  | { readonly kind: 'with the token'; readonly url: URL }
  /** A page of the metadata service itself. @param target path and query */
  | { readonly kind: 'metadata'; readonly target: string }
);

/** What came of it. */
export type Opened = { readonly shown: string; readonly kind: UrlToOpen['kind'] } & (
  | {
      readonly status: number;
      /** The first characters of the answer, without the token. */
      readonly body: string;
    }
  /** Nothing answered: a clause with its full stop says why. */
  | { readonly status: null; readonly reason: string }
);

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
  /** Where something was to be opened. */
  readonly opened?: Opened;
}

/**
 * What stands at 169.254.169.254. The token stays behind this port: nobody gets to see more than whose it is,
 * and what it opened.
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
