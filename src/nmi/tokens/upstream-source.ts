import type { TokenAnswer, TokenQuestion } from './token.ts';

/** One key's call upstream, on behalf of everybody who waits for it. */
export interface UpstreamRequest {
  readonly question: TokenQuestion;
  /**
   * Everybody who wants this answer; grows while the call waits, so that its turn comes with the first of
   * theirs.
   */
  readonly askers: ReadonlySet<string>;
}

export interface IssuedAnswer {
  readonly answer: TokenAnswer;
  /**
   * Milliseconds from now until the first of the answer's tokens ends, as the issuer counts: free of this
   * node's clock.
   */
  readonly lifetimeMs: number;
}

/** Fetches tokens anew each time: IMDS, or Entra. */
export interface UpstreamSource {
  /** @throws TokenRefused, at the latest when its deadline ends; the signal's reason when aborted */
  fetch(request: UpstreamRequest, signal: AbortSignal): Promise<IssuedAnswer>;
}
