/** The statuses a caller may see; every other outcome upstream is brought to one of them. */
export type RefusalStatus = 400 | 403 | 429 | 503;

export interface TokenRefusal {
  readonly status: RefusalStatus;
  /** IMDS's or OAuth's error word: `invalid_request`, `unauthorized_client`, `temporarily_unavailable`. */
  readonly error: string;
  /** A sentence for the caller, without secrets or tokens. */
  readonly description: string;
  /** Whole seconds, at least one, after which asking again may help. */
  readonly retryAfterSec?: number | undefined;
  /**
   * False when the refusal concerns this asker or this moment alone, so that nobody else may be given it.
   * Default true.
   */
  readonly holdsForOthers?: boolean;
  /** IMDS knows no such identity on this node, or Entra none in the tenant. */
  readonly isUnknownIdentity?: boolean;
}

/** No token, and the answer for the caller. `message` is the answer's `error_description`. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly status: RefusalStatus;
  readonly error: string;
  readonly retryAfterSec: number | undefined;
  readonly holdsForOthers: boolean;
  readonly isUnknownIdentity: boolean;

  constructor(refusal: TokenRefusal) {
    super(refusal.description);
    this.status = refusal.status;
    this.error = refusal.error;
    this.retryAfterSec = refusal.retryAfterSec;
    this.holdsForOthers = refusal.holdsForOthers ?? true;
    this.isUnknownIdentity = refusal.isUnknownIdentity ?? false;
  }
}

/** The failure of a moment ago, for one who asks again. */
export function remembered(refused: TokenRefused, remainingMs: number): TokenRefused {
  const { status, error, message, retryAfterSec, isUnknownIdentity } = refused;
  return new TokenRefused({
    status,
    error,
    isUnknownIdentity,
    description: message,
    retryAfterSec: retryAfterSec === undefined ? undefined : Math.max(1, Math.ceil(remainingMs / 1000)),
  });
}

export function shareFull(): TokenRefused {
  return queueFull('This pod already waits for as many different tokens as one pod may.', 2);
}

export function queueFull(description: string, retryAfterSec: number): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description,
    retryAfterSec,
    holdsForOthers: false,
  });
}

export function gone(): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: 'Nobody waits for this token any more.',
    retryAfterSec: 1,
    holdsForOthers: false,
  });
}
