/** What came of the last exchange that a pod tried: an answer of Entra's, or why there was none. */
export type PodAnswer =
  | { readonly kind: 'token'; readonly appid: string; readonly oid: string; readonly tid: string }
  | {
      readonly kind: 'refused';
      readonly host: string;
      readonly status: number;
      readonly code: string;
      readonly sentence: string;
    }
  | {
      readonly kind: 'fault';
      readonly at: 'entra' | 'proxy';
      readonly host: string;
      /** Of Node's. */
      readonly code?: string;
      /** Of the proxy. */
      readonly status?: number;
      /** Its origin, and the variable that names it. */
      readonly proxy?: string;
      readonly from?: string;
    }
  | { readonly kind: 'issuer'; readonly issuer: string }
  | { readonly kind: 'broken'; readonly code: string };

/** What a pod that exchanges leaves behind. */
export interface PodExchange {
  /** Rounds. */
  readonly passed: number;
  /** Refusals that were outwaited. */
  readonly refused: number;
  readonly answer: PodAnswer;
}
