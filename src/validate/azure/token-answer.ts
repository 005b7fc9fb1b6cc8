import type { TokenOwner } from '../../domain/azure/metadata-service.ts';
import { isRecord, type JsonRecord, stringAt } from '../json-record.ts';

/**
 * Whose token an answer of IMDS carries; undefined when it carries none. The token itself is not part of it.
 */
export function parseTokenAnswer(text: string, nowMs: number): TokenOwner | undefined {
  const answer = firstAnswer(text);
  const token = tokenIn(text);
  if (answer === undefined || token === '') {
    return undefined;
  }
  const claims = claimsOf(token);
  return {
    clientId: stringAt(answer, 'client_id') || stringAt(claims, 'appid') || stringAt(claims, 'azp') || null,
    objectId: stringAt(claims, 'oid') || null,
    tenantId: stringAt(claims, 'tid') || null,
    identityResourceId: stringAt(claims, 'xms_mirid') || null,
    resource: stringAt(answer, 'resource') || stringAt(claims, 'aud') || '',
    expiresOnSec: expiryOf(answer, claims, nowMs),
  };
}

/** The token itself, for who sends it on; empty where the answer carries none. */
export function tokenIn(text: string): string {
  return stringAt(firstAnswer(text) ?? {}, 'access_token') ?? '';
}

/** A service principal with auxiliary tenants is answered by an array, its own tenant first. */
function firstAnswer(text: string): JsonRecord | undefined {
  const all = parseJson(text);
  const answer: unknown = Array.isArray(all) ? all[0] : all;
  return isRecord(answer) ? answer : undefined;
}

/** What IMDS says in place of a token. */
export interface TokenErrorText {
  readonly error: string;
  readonly description: string;
}

/** Undefined when the text is not of IMDS's error shape. */
export function parseTokenError(text: string): TokenErrorText | undefined {
  const answer = parseJson(text);
  if (!isRecord(answer)) {
    return undefined;
  }
  const error = stringAt(answer, 'error');
  const description = stringAt(answer, 'error_description');
  return error === undefined && description === undefined
    ? undefined
    : { error: error ?? '', description: description ?? '' };
}

/** The middle part of a JWT; empty for a token of another kind, which is a token all the same. */
function claimsOf(token: string): JsonRecord {
  const [, middle] = token.split('.');
  const claims =
    middle === undefined ? undefined : parseJson(Buffer.from(middle, 'base64url').toString('utf8'));
  return isRecord(claims) ? claims : {};
}

/**
 * The answer's own word first: clients go by it. IMDS writes numbers as decimal strings, some stand-ins as
 * numbers.
 */
function expiryOf(answer: JsonRecord, claims: JsonRecord, nowMs: number): number {
  const nowSec = Math.floor(nowMs / 1000);
  const lifetime = secondsOf(answer['expires_in']);
  return (
    secondsOf(answer['expires_on']) ??
    secondsOf(claims['exp']) ??
    (lifetime === undefined ? nowSec : nowSec + lifetime)
  );
}

/** Beyond it a date is not representable (ECMA-262 §21.4.1.1). */
const lastSecond = 8_640_000_000_000;

function secondsOf(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^\d{1,13}$/.test(text)) {
    return undefined;
  }
  const seconds = Number(text);
  return seconds <= lastSecond ? seconds : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
