/** What Azure has against a change of a machine's identities: of the request itself, or of its operation. */
export interface MachineFault {
  /** HTTP status; 0 where an operation failed that had been accepted. */
  readonly status: number;
  /** `''` where Azure names none. */
  readonly code: string;
  readonly message: string;
  readonly innermost: { readonly code: string; readonly message: string };
  /** How long Azure asked to be left alone. */
  readonly retryAfterMs?: number;
}
