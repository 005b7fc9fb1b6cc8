import { isRecord, stringAt } from '../../validate/json-record.ts';

/**
 * Who a token speaks for, for people to read: `anna@contoso.com (object 1234…)`, `application 5678… (object
 * 9abc…)`. Read from the claims without checking the signature, since the answer decides nothing.
 */
export function callerOfToken(token: string): string {
  const claims = claimsOf(token);
  const user =
    stringAt(claims, 'upn') ?? stringAt(claims, 'preferred_username') ?? stringAt(claims, 'unique_name');
  const application = stringAt(claims, 'appid') ?? stringAt(claims, 'azp');
  const object = stringAt(claims, 'oid');
  const who = user ?? (application === undefined ? undefined : `application ${application}`);
  if (who === undefined) {
    return object === undefined ? 'The signed-in principal' : `The principal ${object}`;
  }
  return object === undefined ? who : `${who} (object ${object})`;
}

/** Undefined where it does not say. */
export function tenantOfToken(token: string): string | undefined {
  return stringAt(claimsOf(token), 'tid');
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const payload = token.split('.')[1] ?? '';
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}
