import { readFile } from 'node:fs/promises';
import { systemErrorCode } from '../../../errors/system-error-code.ts';
import { parseJsonObject } from '../parse-token-answer.ts';
import { TokenRefused } from '../token-error.ts';

/** A service-account token on its way to Entra. Held for one request, never logged, never written. */
export interface Assertion {
  readonly jwt: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** Seconds since the epoch, by the clock of the API server; undefined where the token does not say. */
  readonly expiresSec: number | undefined;
  readonly issuedSec: number | undefined;
  /** Whose it is, within a sentence: `the agent's token`. */
  readonly whose: string;
  /** Completes "It ended 2 minutes ago": why nobody has replaced it. */
  readonly whyOld: string;
}

/** A projected token is below 2 kB. */
const mostBytes = 64 * 1024;

/**
 * Reads the file anew: the kubelet replaces it at four fifths of the token's life. That a token has ended is left to
 * Entra to find, whose clock decides: this node's may be the wrong one.
 * @throws TokenRefused 400, with a sentence that holds nothing of the token
 */
export async function readAssertion(file: string): Promise<Assertion> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unusable(
      systemErrorCode(error) === 'ENOENT'
        ? `The agent of this node has no token to exchange: ${file} does not exist. It is there with podid.exchange.enabled: true`
        : `The agent of this node cannot read ${file}, its token to exchange (${systemErrorCode(error) ?? 'no reason given'})`,
    );
  });
  const jwt = text.trim();
  if (jwt === '') {
    throw unusable(`${file}, the agent's token to exchange, is empty`);
  }
  return parseAssertion(jwt, {
    where: file,
    whose: "the agent's token",
    whyOld: `and the kubelet has not replaced it in ${file}`,
  });
}

/**
 * @param where what holds it, within a sentence
 * @throws TokenRefused 400, with a sentence that holds nothing of the token
 */
export function parseAssertion(
  jwt: string,
  { where, whose, whyOld }: Pick<Assertion, 'whose' | 'whyOld'> & { readonly where: string },
): Assertion {
  const claims = jwt.length > mostBytes ? undefined : claimsOf(jwt);
  if (claims === undefined) {
    throw unusable(`${where} does not hold a service-account token`);
  }
  const { iss, sub, aud, exp, iat } = claims;
  const [audience = '', ...others] = [aud].flat().filter((each) => typeof each === 'string');
  // The account's other token opens the API server, and goes nowhere else.
  if (!audience.startsWith('api://') || others.length > 0) {
    const named = JSON.stringify([audience, ...others].join(', ')).slice(0, 200);
    throw unusable(
      `The token in ${where} is for ${named} and not for an audience of exchange, such as api://AzureADTokenExchange. It was not sent`,
    );
  }
  return {
    jwt,
    issuer: typeof iss === 'string' ? iss : '',
    subject: typeof sub === 'string' ? sub : '',
    audience,
    expiresSec: typeof exp === 'number' ? exp : undefined,
    issuedSec: typeof iat === 'number' ? iat : undefined,
    whose,
    whyOld,
  };
}

/** Unverified: they serve sentences alone. */
function claimsOf(jwt: string): Readonly<Record<string, unknown>> | undefined {
  const parts = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(jwt);
  return parts === null ? undefined : parseJsonObject(Buffer.from(parts[1] ?? '', 'base64url'));
}

function unusable(what: string): TokenRefused {
  return new TokenRefused({ status: 400, error: 'invalid_request', description: `${what}.` });
}
