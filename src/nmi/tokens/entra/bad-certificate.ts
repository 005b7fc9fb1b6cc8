import { TokenRefused } from '../token-error.ts';

/** A certificate that proves nothing. `what` completes "The certificate …". */
export class BadCertificate extends TokenRefused {
  readonly what: string;

  constructor(what: string) {
    super(refusalOf('of the identity', what));
    this.what = what;
  }
}

/** @param what completes "The certificate of the identity …" */
export function badCertificate(what: string): BadCertificate {
  return new BadCertificate(what);
}

/** @param place where it was read, such as `Secret team/app` */
export function badCertificateIn(place: string, what: string): TokenRefused {
  return new TokenRefused(refusalOf(`in ${place}`, what));
}

function refusalOf(which: string, what: string) {
  return {
    status: 403,
    error: 'invalid_client',
    description: `The certificate ${which} ${what}.`,
  } as const;
}
