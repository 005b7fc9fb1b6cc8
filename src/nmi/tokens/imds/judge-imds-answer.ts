import { parseRetryAfterSec } from '../../../domain/time/retry-after.ts';
import type { HttpAnswer } from '../bounded-exchange.ts';
import { parseJsonObject } from '../parse-token-answer.ts';
import { printableText } from '../printable-text.ts';
import { TokenRefused } from '../token-error.ts';

export interface ImdsFault {
  readonly kind: 'fault';
  readonly refused: TokenRefused;
  /** Whether the same question may be answered if it is asked again shortly. */
  readonly mayPass: boolean;
  /** How long IMDS wants to be left alone; undefined when it did not say. */
  readonly pauseMs?: number | undefined;
}

interface ErrorFields {
  readonly error?: unknown;
  readonly error_description?: unknown;
}

const unknownIdentityPauseSec = 2;

/**
 * What an answer of IMDS other than 200 means. IMDS documents 404 and 410 as "being updated" (410 for at most
 * 70 seconds), 429 as its quota, and 5xx as passing; 400 and 403 are final.
 */
export function judgeImdsAnswer(answer: HttpAnswer, wallMs: number): ImdsFault {
  const retryAfterSec = parseRetryAfterSec(answer.headers['retry-after'], wallMs);
  switch (answer.status) {
    case 400:
      return final(400, answer, 'invalid_request');
    case 401:
    case 403:
      return final(403, answer, 'unauthorized_client');
    case 429:
      return passing(429, "Azure's instance metadata service is asked too often on this node.", {
        statedSec: retryAfterSec ?? 5,
      });
    case 410:
      return passing(503, "Azure's instance metadata service is being updated.", {
        statedSec: retryAfterSec ?? 10,
      });
    default:
      return unusable(`answered ${answer.status}`, retryAfterSec);
  }
}

/** No answer, or one that cannot be read. `what` completes "Azure's instance metadata service …". */
export function unusable(what: string, statedSec?: number): ImdsFault {
  return passing(503, `Azure's instance metadata service ${what}.`, { statedSec });
}

function passing(
  status: 429 | 503,
  description: string,
  { statedSec }: { statedSec: number | undefined },
): ImdsFault {
  const error = status === 429 ? 'too_many_requests' : 'temporarily_unavailable';
  return {
    kind: 'fault',
    mayPass: true,
    pauseMs: statedSec === undefined ? undefined : statedSec * 1000,
    refused: new TokenRefused({ status, error, description, retryAfterSec: statedSec ?? 2 }),
  };
}

function final(status: 400 | 403, answer: HttpAnswer, fallbackError: string): ImdsFault {
  const fields: ErrorFields | undefined = parseJsonObject(answer.body);
  const error = fields?.error;
  const description = fields?.error_description;
  const isUnknownIdentity = status === 400 && /identity not found/i.test(String(description));
  return {
    kind: 'fault',
    mayPass: false,
    refused: new TokenRefused({
      status,
      error: typeof error === 'string' && /^\w{1,64}$/.test(error) ? error : fallbackError,
      description:
        typeof description === 'string' && description !== ''
          ? printableText(description)
          : `Azure's instance metadata service answered ${answer.status} without a reason.`,
      // A machine gets its identities minutes after the cluster names them; until then it is asked again.
      ...(isUnknownIdentity && { isUnknownIdentity, retryAfterSec: unknownIdentityPauseSec }),
    }),
  };
}
