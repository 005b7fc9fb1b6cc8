import { parseTokenNumber, parseTokenTime } from './parse-token-time.ts';
import type { AccessToken } from './token.ts';

export interface ParsedToken {
  readonly kind: 'token';
  readonly token: AccessToken;
  readonly lifetimeMs: number;
}

/** What the answer is about, for members that the issuer left out. */
export interface TokenAnswerContext {
  readonly clientId: string;
  readonly resource: string;
  readonly wallMs: number;
}

interface TokenFields {
  readonly access_token?: unknown;
  readonly client_id?: unknown;
  readonly expires_in?: unknown;
  readonly expires_on?: unknown;
  readonly ext_expires_in?: unknown;
  readonly not_before?: unknown;
  readonly resource?: unknown;
  readonly token_type?: unknown;
}

/**
 * Reads an OAuth 2.0 token answer of IMDS or Entra. The token is opaque: its issuer may change its inside at
 * any time. Undefined when no token, no end of its life, or no JSON object is in it.
 */
export function parseTokenAnswer(body: Uint8Array, context: TokenAnswerContext): ParsedToken | undefined {
  const fields: TokenFields | undefined = parseJsonObject(body);
  const accessToken = fields?.access_token;
  if (!fields || typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken)) {
    return undefined;
  }
  const nowSec = Math.floor(context.wallMs / 1000);
  const expiresOn = parseTokenTime(fields.expires_on);
  const expiresIn = parseTokenNumber(fields.expires_in);
  const lifetimeSec = expiresIn ?? (expiresOn === undefined ? undefined : expiresOn - nowSec);
  if (lifetimeSec === undefined || lifetimeSec <= 0) {
    return undefined;
  }
  const extExpiresIn = parseTokenNumber(fields.ext_expires_in);
  return {
    kind: 'token',
    lifetimeMs: lifetimeSec * 1000,
    token: {
      accessToken,
      clientId: textOr(fields.client_id, context.clientId),
      resource: textOr(fields.resource, context.resource),
      tokenType: textOr(fields.token_type, 'Bearer'),
      expiresOnSec: expiresOn ?? nowSec + lifetimeSec,
      notBeforeSec: parseTokenTime(fields.not_before) ?? nowSec,
      ...(extExpiresIn === undefined ? {} : { extExpiresInSec: extExpiresIn }),
    },
  };
}

/** The members of a JSON object, or undefined for HTML, truncated text, arrays and the rest. */
export function parseJsonObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}
