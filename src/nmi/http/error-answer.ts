/** Why somebody gets no token, for the caller, the log and the metrics. */
export interface ErrorAnswer {
  readonly kind: 'error';
  readonly status: 400 | 403 | 404 | 405 | 429 | 500 | 503;
  /** IMDS's error word. */
  readonly error: string;
  /** A sentence for the caller; never a token, a secret, or another namespace's facts. */
  readonly description: string;
  /** One of a fixed few words, fit for a metric's label. */
  readonly reason: string;
  readonly retryAfterSec?: number;
  /** The request is in order, and nothing is bound. The host route says so by another status. */
  readonly isNoIdentity?: true;
  /**
   * Another second may bring a token, and standard mode holds the request for it. `nothing`: no assignment
   * yet. `created`: there is one that MIC has not brought to the node.
   */
  readonly pending?: 'nothing' | 'created';
}

export function badRequest(reason: string, description: string): ErrorAnswer {
  return { kind: 'error', status: 400, error: 'invalid_request', reason, description };
}

/**
 * As IMDS itself says it: the SDKs show a 400 and its text at once, where a 404 is tried again for 20
 * seconds.
 */
export function noIdentity(reason: string, description: string): ErrorAnswer {
  return { ...badRequest(reason, `Identity not found. ${description}`), isNoIdentity: true };
}

export function tryLater(reason: string, description: string, retryAfterSec: number): ErrorAnswer {
  return { kind: 'error', status: 503, error: 'temporarily_unavailable', reason, description, retryAfterSec };
}

export function forbidden(reason: string, description: string): ErrorAnswer {
  return { kind: 'error', status: 403, error: 'forbidden', reason, description };
}
