import { stringAt } from '../../validate/json-record.ts';
import { claimsOfToken } from '../../validate/token-claims.ts';

/**
 * Who a token speaks for, for people to read: `anna@contoso.com (object 1234…)`, `application 5678… (object
 * 9abc…)`. Read from the claims without checking the signature, since the answer decides nothing.
 */
export function callerOfToken(token: string): string {
  const claims = claimsOfToken(token);
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

/** The application that it speaks for, or was given to. Undefined where it does not say. */
export function applicationOfToken(token: string): string | undefined {
  const claims = claimsOfToken(token);
  return stringAt(claims, 'appid') ?? stringAt(claims, 'azp');
}

/** Whether it speaks for an application, and for no person. Undefined where it does not say. */
export function isApplicationToken(token: string): boolean | undefined {
  const kind = stringAt(claimsOfToken(token), 'idtyp');
  return kind === undefined ? undefined : kind === 'app';
}

/** Undefined where it does not say. */
export function tenantOfToken(token: string): string | undefined {
  return stringAt(claimsOfToken(token), 'tid');
}
