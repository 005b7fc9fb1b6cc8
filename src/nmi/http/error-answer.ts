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
  /** MIC (the controller of standard mode) may still bring what is missing, whatever the status says. */
  readonly awaitsMic?: true;
  /** When the other side wants to be asked again. Only that moment, or a change, is worth another attempt. */
  readonly retryAfterMs?: number;
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

/** For the log alone: nobody is there to be answered. */
export const clientGone = tryLater('client-gone', 'The client has gone.', 2);
