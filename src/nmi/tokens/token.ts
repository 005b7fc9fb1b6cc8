import type { IdentityCredential, ServicePrincipal } from '../../domain/kubernetes/identity-credential.ts';

/** Whose token is wanted. Only an excepted pod may be answered with `node-default`. */
export type TokenSubject = IdentityCredential | { readonly kind: 'node-default' };

/** Whether a Secret is read for its tokens. */
export function signsInItself(subject: TokenSubject): subject is ServicePrincipal {
  return subject.kind === 'secret' || subject.kind === 'certificate';
}

/** Who is asked for its tokens. */
export function sourceNameOf(subject: TokenSubject): 'imds' | 'entra' | 'exchange' {
  if (subject.kind === 'exchange') {
    return 'exchange';
  }
  return signsInItself(subject) ? 'entra' : 'imds';
}

export interface TokenQuestion {
  readonly subject: TokenSubject;
  /** The audience, as the caller gave it: `https://vault.azure.net`. */
  readonly resource: string;
  /** Who asks, for fairness and the per-pod share of the cache: the pod's UID, or `host`. */
  readonly askerId: string;
  /** The caller wants a new token in place of the one in memory. */
  readonly asksAnew?: AsksAnew;
}

export interface AsksAnew {
  /** Hexadecimal, in lower case, of the token that is of no use any more; absent: whichever there is. */
  readonly tokenSha256?: string;
}

/** The namespace of an asker by its id; empty for whoever is no pod. */
export type NamespaceOf = (askerId: string) => string;

/** Where nobody says more: each asker is in a namespace of its own. */
export const ownNamespace: NamespaceOf = (askerId) => askerId;

/** A token in memory. Never logged, never written. */
export interface AccessToken {
  readonly accessToken: string;
  /** The client id IMDS or Entra names as the token's owner. */
  readonly clientId: string;
  readonly resource: string;
  readonly tokenType: string;
  /** Seconds since the epoch. */
  readonly expiresOnSec: number;
  readonly notBeforeSec: number;
  /** Seconds from issue for which Entra honours the token in an outage; absent when the source gave none. */
  readonly extExpiresInSec?: number;
}

/** One token, or, for a service principal with auxiliary tenants, one a tenant. Never empty. */
export type TokenAnswer = readonly [AccessToken, ...AccessToken[]];

/** A token source, and also the cache that wraps it. */
export interface TokenSource {
  /** @throws PodidError | TokenRefused; see `nmi/` for how each becomes an HTTP status */
  token(question: TokenQuestion, signal: AbortSignal): Promise<TokenAnswer>;
}

/** One key's call upstream, on behalf of everybody who waits for it. */
export interface UpstreamRequest {
  readonly question: TokenQuestion;
  /**
   * Everybody who wants this answer; grows while the call waits, so that its turn comes with the first of
   * theirs.
   */
  readonly askers: ReadonlySet<string>;
}

export interface IssuedAnswer {
  readonly answer: TokenAnswer;
  /**
   * Milliseconds from now until the first of the answer's tokens ends, as the issuer counts: free of this
   * node's clock.
   */
  readonly lifetimeMs: number;
  /** In which part of the lifetime it is renewed, by chance; the cache's own when absent. */
  readonly renewFrom?: RenewalWindow;
}

/** Parts of a lifetime, from 0 to 1. */
export interface RenewalWindow {
  readonly least: number;
  readonly most: number;
}

/** Fetches tokens anew each time: IMDS, Entra by a secret, Entra by exchange. */
export interface UpstreamSource {
  /** @throws TokenRefused, at the latest when its deadline ends; the signal's reason when aborted */
  fetch(request: UpstreamRequest, signal: AbortSignal): Promise<IssuedAnswer>;
}

/**
 * Digests of service principals' credentials, so that a changed or bogus Secret is another key of the cache.
 */
export interface CredentialTags {
  /** The digest if it was read lately; never waits. */
  known(principal: ServicePrincipal): string | undefined;
  /** @throws TokenRefused when the Secret cannot be read or used */
  read(principal: ServicePrincipal, signal: AbortSignal): Promise<string>;
}
