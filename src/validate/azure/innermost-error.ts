import { isRecord, stringAt } from '../json-record.ts';

export interface CodeAndMessage {
  readonly code: string;
  readonly message: string;
}

/** Deeper than any error that was ever seen; keeps a hostile body from costing time. */
const deepest = 20;

/**
 * The code and message at the bottom of an Azure error, flat or wrapped in `error` any number of times: the
 * first of `details` that says something is more precise than what is around it. Undefined when there is
 * neither code nor message.
 */
export function innermostError(body: unknown, depth = 0): CodeAndMessage | undefined {
  if (!isRecord(body) || depth > deepest) {
    return undefined;
  }
  const wrapped = innermostError(body['error'], depth + 1);
  if (wrapped !== undefined) {
    return wrapped;
  }
  const details = Array.isArray(body['details']) ? body['details'] : [];
  for (const detail of details) {
    const inner = innermostError(detail, depth + 1);
    if (inner !== undefined) {
      return inner;
    }
  }
  return ownError(body);
}

/** The code and message at the top of an Azure error, below its `error` wrappers. */
export function outermostError(body: unknown, depth = 0): CodeAndMessage | undefined {
  if (!isRecord(body) || depth > deepest) {
    return undefined;
  }
  return outermostError(body['error'], depth + 1) ?? ownError(body);
}

function ownError(body: Readonly<Record<string, unknown>>): CodeAndMessage | undefined {
  const code = stringAt(body, 'code') ?? '';
  const message = stringAt(body, 'message') ?? '';
  return code === '' && message === '' ? undefined : { code, message };
}
