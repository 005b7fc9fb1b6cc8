import { type ErrorCode, errorCatalog } from './error-catalog.ts';
import type { Hint } from './hint.ts';

/** One fault among several that a command met at once, or one line of a server's own explanation. */
export interface ErrorDetail {
  readonly code?: string;
  /** The flag that holds the fault, as typed: `--namespace`. */
  readonly flag?: string;
  /** Begins with the place, where there is one. */
  readonly message: string;
  /** Where in a file the fault is; lines and columns count from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface PodidErrorOptions {
  /** The next command to type, or the next thing to do, as one line. */
  readonly hint?: Hint;
  readonly details?: readonly ErrorDetail[];
  /** What the failure is about: an ARM id, or `namespace/name`. */
  readonly target?: string | undefined;
  /** `x-ms-request-id` and `x-ms-correlation-request-id` of the answer that failed. */
  readonly requestId?: string;
  readonly correlationId?: string;
  /** Only for codes whose exit code depends on the cause, such as `MirrorFailed`. */
  readonly exitCode?: number;
  /** How long the server asked to be left alone (`Retry-After`). */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A failure the user can act on. Anything else that reaches the top is a bug in podid. */
export class PodidError extends Error {
  override readonly name = 'PodidError';
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly hint: Hint | undefined;
  readonly details: readonly ErrorDetail[];
  readonly target: string | undefined;
  readonly requestId: string | undefined;
  readonly correlationId: string | undefined;
  readonly retryAfterMs: number | undefined;

  /** @param message what failed on what, as a full sentence without secrets or tokens */
  constructor(code: ErrorCode, message: string, options: PodidErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode ?? errorCatalog[code].exitCode;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.target = options.target;
    this.requestId = options.requestId;
    this.correlationId = options.correlationId;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export function isPodidError(error: unknown, ...codes: readonly ErrorCode[]): error is PodidError {
  return error instanceof PodidError && (codes.length === 0 || codes.includes(error.code));
}
