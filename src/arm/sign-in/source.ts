import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';

/** One way to sign in, before it is known whether anything of it is set up here. */
export interface Source {
  /** For messages. */
  readonly name: string;
  /**
   * @throws NotSetUp when nothing of it is there, so that the next one may be tried
   * @throws PodidError when it was meant and cannot work
   */
  readonly make: () => SignIn;
}

/** A source that is set up. What it is refused ends the search: nobody wants another principal instead. */
export interface SignIn extends TokenCredential {
  /** @throws NotSetUp (a program that nobody has signed in to) | PodidError | ClaimsUnsupported */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken | null>;
}

/** Nothing of this source is here, or not enough. The message is the reason, as a sentence. */
export class NotSetUp extends Error {
  override readonly name = 'NotSetUp';
  /** The application that was named, where only the proof of it is missing. */
  readonly clientId: string | undefined;

  constructor(reason: string, clientId?: string) {
    super(reason);
    this.clientId = clientId;
  }
}

/** The program gives tokens and takes no claims: somebody has to sign in to it anew, with the claims. */
export class ClaimsUnsupported extends Error {
  override readonly name = 'ClaimsUnsupported';
}
