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

/**
 * Seconds since the epoch out of any form in which Azure's endpoints were documented to write `expires_on`: a
 * number, a numeric string, `9/14/2017 12:00:00 AM +00:00`, `9/14/2017 00:00:00 +00:00`, or ISO 8601.
 * Undefined for everything else.
 */
export function parseTokenTime(value: unknown): number | undefined {
  return parseTokenNumber(value) ?? (typeof value === 'string' ? parseDate(value.trim()) : undefined);
}

/** A whole number of seconds, at least zero, out of a number or a numeric string. */
export function parseTokenNumber(value: unknown): number | undefined {
  const isNumeric = typeof value === 'string' && /^\s*\d{1,15}(\.\d{1,9})?\s*$/.test(value);
  const number = isNumeric ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 && number < 1e15
    ? Math.floor(number)
    : undefined;
}

const americanDate =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2}):(\d{2})(?: ([AP]M))? ?(?:([+-])(\d{2}):(\d{2})|Z)$/i;
const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

function parseDate(text: string): number | undefined {
  if (isoDate.test(text)) {
    return wholeSeconds(Date.parse(text));
  }
  const [, month, day, year, hour, minute, second, half, sign, offsetHours, offsetMinutes] =
    americanDate.exec(text) ?? [];
  const hours = hourOfDay(Number(hour), half);
  const fits = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31;
  if (!fits || hours === undefined || Number(minute) > 59 || Number(second) > 59) {
    return undefined;
  }
  const utcMs = Date.UTC(Number(year), Number(month) - 1, Number(day), hours, Number(minute), Number(second));
  const offsetMs = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * 60_000;
  return wholeSeconds(sign === '-' ? utcMs + offsetMs : utcMs - offsetMs);
}

function hourOfDay(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) {
    return hour <= 23 ? hour : undefined;
  }
  if (hour < 1 || hour > 12) {
    return undefined;
  }
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
}

function wholeSeconds(ms: number): number | undefined {
  return Number.isFinite(ms) && ms >= 0 ? Math.floor(ms / 1000) : undefined;
}
