import type { PipelineResponse } from '@azure/core-rest-pipeline';
import type { Operation } from '../../domain/azure/operation.ts';
import { longestRetryAfterMs, parseRetryAfter } from '../../domain/time/retry-after.ts';
import { innermostError, outermostError } from '../../validate/azure/innermost-error.ts';
import { challengeClaims } from './challenge-claims.ts';
import { proxyOfAnswer } from './network-policy.ts';
import { isWebPage, type ProxyOnTheWay } from './web-page.ts';

/** An answer of ARM as it came. */
export interface ArmAnswer {
  readonly status: number;
  readonly text: string;
  /** By which it came. */
  readonly proxy?: ProxyOnTheWay;
  header(name: string): string | undefined;
}

export function armAnswer(response: Pick<PipelineResponse, 'status' | 'headers' | 'bodyAsText'>): ArmAnswer {
  const proxy = proxyOfAnswer(response);
  return {
    status: Number(response.status),
    text: response.bodyAsText ?? '',
    ...(proxy === undefined ? {} : { proxy }),
    header: (name) => response.headers.get(name),
  };
}

/**
 * How long Azure asks to wait, in milliseconds; undefined when it does not say. Its own spellings in
 * milliseconds win over `Retry-After`, as in the SDK.
 */
export function azureRetryAfterMs(
  headers: { get(name: string): string | undefined } | undefined,
  nowMs: number,
): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const value = headers?.get(name)?.trim() ?? '';
    if (/^\d+$/.test(value)) {
      return Math.min(longestRetryAfterMs, Number(value));
    }
  }
  return parseRetryAfter(headers?.get('retry-after'), nowMs);
}

/** The operation that Azure has begun; undefined where the answer names none. */
export function operationOf(answer: ArmAnswer, nowMs: number): Operation | undefined {
  const url = answer.header('azure-asyncoperation');
  const firstPollMs = azureRetryAfterMs({ get: (name) => answer.header(name) }, nowMs);
  return url ? { url, ...(firstPollMs === undefined ? {} : { firstPollMs }) } : undefined;
}

/** What an answer that is an error says of itself; flat as AKS writes it, or wrapped as ARM does. */
export interface ArmFault {
  readonly status: number;
  /** `''` when the body names none. */
  readonly code: string;
  readonly message: string;
  readonly innermost: { readonly code: string; readonly message: string };
  /** Of the challenge of a 401: base64. */
  readonly claims?: string;
  /** The body is a web page: something between here and ARM has answered. */
  readonly isOtherManagers: boolean;
}

export function armFault(answer: ArmAnswer): ArmFault {
  const body = parseJson(answer.text);
  const outer = outermostError(body) ?? { code: '', message: '' };
  const claims = answer.status === 401 ? challengeClaims(answer.header('www-authenticate')) : undefined;
  return {
    status: answer.status,
    ...outer,
    innermost: innermostError(body) ?? outer,
    ...(claims === undefined ? {} : { claims }),
    isOtherManagers: body === undefined && isWebPage(answer.text),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
