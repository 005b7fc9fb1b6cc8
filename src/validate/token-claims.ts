import { isRecord, type JsonRecord } from './json-record.ts';

/**
 * Claims of a token's payload, whose signature is not checked: they say whose it is, and decide nothing that a
 * forged one would gain by. None where it is not a JWT.
 */
export function claimsOfToken(token: string): JsonRecord {
  const payload = token.split('.')[1] ?? '';
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}
