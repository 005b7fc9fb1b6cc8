import { parseRetryAfterSec } from '../../../domain/time/retry-after.ts';
import type { HttpAnswer } from '../bounded-exchange.ts';
import { parseJsonObject } from '../parse-token-answer.ts';
import { printableText } from '../printable-text.ts';
import { TokenRefused } from '../token-error.ts';

export interface EntraContext {
  readonly wallMs: number;
  /** Taken out of the text, should an answer repeat them. */
  readonly secrets: readonly string[];
  /** For a 429 that names no time. Default 5. */
  readonly throttledSec?: number;
}

/** OAuth errors about what the caller asked for; every other refusal is about who asks. */
const callersFaults: ReadonlySet<string> = new Set(['invalid_resource', 'invalid_scope', 'invalid_target']);

interface ErrorFields {
  readonly error?: unknown;
  readonly error_description?: unknown;
}

/** What an answer of Entra's token endpoint other than 200 means for the caller. */
export function judgeEntraAnswer(
  answer: HttpAnswer,
  { wallMs, secrets, throttledSec = 5 }: EntraContext,
): TokenRefused {
  const retryAfterSec = parseRetryAfterSec(answer.headers['retry-after'], wallMs);
  if (answer.status === 429) {
    return new TokenRefused({
      status: 429,
      error: 'too_many_requests',
      description: 'Microsoft Entra is asked too often.',
      retryAfterSec: retryAfterSec ?? throttledSec,
    });
  }
  const fields: ErrorFields | undefined = parseJsonObject(answer.body);
  if (answer.status < 400 || answer.status >= 500 || typeof fields?.error !== 'string') {
    return entraUnavailable(`answered ${answer.status}`, true, retryAfterSec);
  }
  const { error, error_description: description } = fields;
  return new TokenRefused({
    status: callersFaults.has(error) ? 400 : 403,
    error: /^\w{1,64}$/.test(error) ? error : 'unauthorized_client',
    description:
      typeof description === 'string' && description !== ''
        ? printableText(description, secrets)
        : `Microsoft Entra answered ${answer.status} without a reason.`,
  });
}

/** @param what completes "Microsoft Entra …" */
export function entraUnavailable(what: string, holdsForOthers = true, retryAfterSec = 2): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: `Microsoft Entra ${what}.`,
    retryAfterSec,
    holdsForOthers,
  });
}
