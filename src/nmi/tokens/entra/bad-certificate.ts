import { TokenRefused } from '../token-error.ts';

/** @param what completes "The certificate of the identity …" */
export function badCertificate(what: string): TokenRefused {
  return new TokenRefused({
    status: 403,
    error: 'invalid_client',
    description: `The certificate of the identity ${what}.`,
  });
}
