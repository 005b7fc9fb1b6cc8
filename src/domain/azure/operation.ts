import type { Hint } from '../../errors/hint.ts';
/** An Azure operation under way; `url` is signed and replayed byte for byte, and never shown. */
export interface Operation {
  readonly url: string;
  /** How long Azure asks to wait before it is looked at for the first time; absent: it does not say. */
  readonly firstPollMs?: number;
}

/** How an operation ended. `error` is the innermost code and message. */
export interface OperationEnd {
  readonly status: 'Succeeded' | 'Failed' | 'Canceled';
  readonly error?: {
    readonly code: string;
    readonly message: string;
    /** The one id among `FollowOptions.resourceIds` that an assignment error names. */
    readonly target?: string;
    /** What to type next, where the code is one of the add-on's own. */
    readonly hint?: Hint;
  };
}
