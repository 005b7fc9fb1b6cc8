/** What of exchanges is counted and shown. Nothing of a token, and no id. */
export interface ExchangeObserver {
  /** A call to Entra ended. @param outcome `token`, or the code of the fault: one of a fixed few words */
  answered(outcome: string): void;
  /** By how much this node's clock is ahead of Entra's, in milliseconds; negative when it is behind. */
  clockAhead(ms: number): void;
}
