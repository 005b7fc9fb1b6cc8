/** Who may not do what. An absent member stands for any; `namespace: ''` is the cluster scope. */
export interface DenyRule {
  readonly verb?: string;
  /** Plural, such as `azureidentities`; `pods/status` names a subresource. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/**
 * What is wrong with the cluster at the moment. A test sets these on `store.faults`; another process sends
 * them as JSON.
 */
export interface KubeFaults {
  /**
   * `reset` kills the connection, `hang` never answers, `503` and `500` are Statuses, `html` is a proxy's
   * page.
   */
  away: 'reset' | 'hang' | '503' | '500' | 'html' | 'truncated' | null;
  /**
   * Watches stay open and say nothing, neither bookmarks nor their end: what a firewall that drops idle flows
   * leaves behind.
   */
  hangWatches: boolean;
  /** So many watches to come are answered by one ERROR event with code 410. */
  goneOnNextWatches: number;
  /** Each event is sent twice. */
  duplicateEvents: boolean;
  /** Of two events, the later is sent first; a lone one waits 20 ms for its partner. */
  reorderEvents: boolean;
  /** Milliseconds before a list is answered. */
  slowListsMs: number;
  /** The CRDs of the identity kinds are not installed: their paths are unknown. */
  missingCrds: boolean;
  deny: readonly DenyRule[];
  /** So many requests to come are answered 429 with `Retry-After: 1`. */
  throttleNext: number;
}

export function noKubeFaults(): KubeFaults {
  return {
    away: null,
    hangWatches: false,
    goneOnNextWatches: 0,
    duplicateEvents: false,
    reorderEvents: false,
    slowListsMs: 0,
    missingCrds: false,
    deny: [],
    throttleNext: 0,
  };
}
