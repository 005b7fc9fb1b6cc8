import { isObject, type Json, type JsonObject, listAt, parseJson, textAt } from '../exact-json.ts';
import { publishedKeys } from '../federation/issuers.ts';
import { isSignedBy } from '../federation/signing-keys.ts';
import type { World } from '../world.ts';
import { type EntraRefusal, malformedToken, noMatch, wrongSubject } from './entra-refusals.ts';

/** A JWT by which a client says who it is, not checked yet. */
export interface Assertion {
  readonly jwt: string;
  readonly header: JsonObject;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly issuedSec: number;
  readonly notBeforeSec: number;
  readonly expiresSec: number;
}

/** The latest time that a Date can have. */
const latestSec = 8.64e12;

/** @returns undefined for what is no JWT, or has no issuer, subject, audience or end */
export function readAssertion(jwt: string): Assertion | undefined {
  const [header, claims] = jwt.split('.').map(readPart);
  if (jwt.split('.').length !== 3 || !isObject(header) || !isObject(claims)) {
    return undefined;
  }
  const [issuer, subject] = [textAt(claims, 'iss'), textAt(claims, 'sub')];
  const aud = claims['aud'];
  const audiences = typeof aud === 'string' ? [aud] : listAt(claims, 'aud').map(String);
  const expiresSec = Number(claims['exp']);
  const notBeforeSec = Number(claims['nbf'] ?? claims['iat'] ?? 0);
  const issuedSec = Number(claims['iat'] ?? notBeforeSec);
  const isDated = [expiresSec, notBeforeSec, issuedSec].every((sec) => sec >= 0 && sec <= latestSec);
  if (issuer === undefined || subject === undefined || audiences.length === 0 || !isDated) {
    return undefined;
  }
  return { jwt, header, issuer, subject, audiences, issuedSec, notBeforeSec, expiresSec };
}

function readPart(part: string): Json | undefined {
  try {
    return parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** An application's own certificate signed it. Nobody gave the emulator that certificate, so its signature is not checked. */
export function isByCertificate({ header }: Assertion): boolean {
  return ['x5t', 'x5t#S256'].some((name) => textAt(header, name) !== undefined);
}

/** Of an assertion by certificate: who it is about, and when. */
export function refuseCertificate(
  assertion: Assertion,
  clientId: string,
  nowMs: number,
): EntraRefusal | undefined {
  const isOwn = [assertion.issuer, assertion.subject].every(
    (id) => id.toLowerCase() === clientId.toLowerCase(),
  );
  if (!isOwn) {
    return {
      status: 401,
      error: 'invalid_client',
      code: 700021,
      description:
        "Client assertion application identifier does not match 'client_id' parameter. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
    };
  }
  return refuseTime(assertion, nowMs);
}

/** Entra takes tokens of others that live an hour longer than a day. */
const longestSec = 25 * 3600;
/** Clocks may differ so much. */
const skewSec = 300;

/**
 * Whether a token of somebody else is taken for a client's word.
 * @param credentials properties of the client's federated credentials, as Entra sees them now
 */
export function refuseFederated(
  world: World,
  assertion: Assertion,
  credentials: readonly JsonObject[],
): EntraRefusal | undefined {
  return (
    refuseUnmatched(assertion, credentials) ??
    refuseLifetime(assertion) ??
    refuseSignature(world, assertion) ??
    refuseTime(assertion, world.clock.now())
  );
}

function refuseUnmatched(assertion: Assertion, credentials: readonly JsonObject[]): EntraRefusal | undefined {
  const { issuer, subject, audiences } = assertion;
  if (credentials.length === 0) {
    return {
      status: 400,
      error: 'invalid_request',
      code: 70021,
      description: `No matching federated identity record found for presented assertion. Assertion Issuer: '${issuer}'. Assertion Subject: '${subject}'. Assertion Audience: '${audiences.join(', ')}'. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
    };
  }
  const ofIssuer = credentials.filter((one) => textAt(one, 'issuer') === issuer);
  if (ofIssuer.length === 0) {
    return noMatch(700211, `issuer '${issuer}'`);
  }
  const ofSubject = ofIssuer.filter((one) => textAt(one, 'subject') === subject);
  if (ofSubject.length === 0) {
    const isNear = ofIssuer.some((one) => textAt(one, 'subject')?.toLowerCase() === subject.toLowerCase());
    return isNear ? noMatch(7002138, nearSubject(subject)) : wrongSubject(subject);
  }
  return ofSubject.some((one) => isTrustedBy(assertion, one))
    ? undefined
    : noMatch(700212, `audience '${audiences.join(', ')}'`);
}

/** By the properties of one credential. */
export function isTrustedBy({ issuer, subject, audiences }: Assertion, credential: JsonObject): boolean {
  return (
    textAt(credential, 'issuer') === issuer &&
    textAt(credential, 'subject') === subject &&
    listAt(credential, 'audiences').some((each) => audiences.includes(String(each)))
  );
}

function nearSubject(subject: string): string {
  return `subject '${subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison`;
}

function refuseLifetime({ issuedSec, expiresSec }: Assertion): EntraRefusal | undefined {
  if (expiresSec - issuedSec <= longestSec) {
    return undefined;
  }
  return {
    status: 400,
    error: 'invalid_request',
    code: 70023,
    description: `External OIDC Provider token must have a lifetime of less than or equal to 1.01:00:00. Token issued at ${issuedSec}. Token expires on ${expiresSec}.`,
  };
}

/** By the keys that the issuer publishes at that moment. */
function refuseSignature(world: World, { jwt, header, issuer }: Assertion): EntraRefusal | undefined {
  if (textAt(header, 'alg') !== 'RS256') {
    return malformedToken;
  }
  const keys = publishedKeys(world, issuer);
  if (keys === undefined) {
    const description = 'Request to External OIDC endpoint failed.';
    return { status: 400, error: 'invalid_request', code: 90061, description };
  }
  const key = keys.find(({ kid }) => kid === textAt(header, 'kid'));
  if (key === undefined) {
    return {
      status: 401,
      error: 'invalid_client',
      code: 7000272,
      description: `The certificate with identifier ${textAt(header, 'kid') ?? ''} used to sign the federated credential could not be found in the metadata of identity provider ${issuer}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`,
    };
  }
  if (isSignedBy(key, jwt)) {
    return undefined;
  }
  const description = 'Client assertion failed signature validation.';
  return { status: 401, error: 'invalid_client', code: 700027, description };
}

function refuseTime({ notBeforeSec, expiresSec }: Assertion, nowMs: number): EntraRefusal | undefined {
  const nowSec = nowMs / 1000;
  if (notBeforeSec <= nowSec + skewSec && nowSec < expiresSec + skewSec) {
    return undefined;
  }
  const time = (sec: number) => new Date(sec * 1000).toISOString();
  return {
    status: 401,
    error: 'invalid_client',
    code: 700024,
    description: `Client assertion is not within its valid time range. Current time: ${time(nowSec)}, assertion valid from ${time(notBeforeSec)}, expiry time of assertion ${time(expiresSec)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
  };
}
