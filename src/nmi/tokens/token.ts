/**
 * Which managed identity of the node IMDS is asked for. Exactly one member is set, or none for the node's
 * default.
 */
export interface ManagedIdentityChoice {
  readonly clientId?: string;
  readonly resourceId?: string;
  readonly objectId?: string;
}

/** Whose token is wanted. Only an excepted pod may be answered with `node-default`. */
export type TokenSubject =
  | { readonly kind: 'managed-identity'; readonly choice: ManagedIdentityChoice }
  | { readonly kind: 'node-default' }
  | ServicePrincipal;

/**
 * An AzureIdentity of type 1 (`secret`) or 2 (`certificate`); its Secret is read only when a token is
 * fetched.
 */
export interface ServicePrincipal {
  readonly kind: 'secret' | 'certificate';
  /** The AzureIdentity's own namespace. A Secret of any other namespace is refused. */
  readonly namespace: string;
  readonly tenantId: string;
  /** Type 1 only, one to three. The answer then holds one token a tenant, the primary's first. */
  readonly auxiliaryTenantIds: readonly string[];
  readonly clientId: string;
  readonly secret: { readonly namespace: string; readonly name: string };
  /** Entra's authority, `https://login.microsoftonline.com/` when absent. */
  readonly adEndpoint?: string;
}

export interface TokenQuestion {
  readonly subject: TokenSubject;
  /** The audience, as the caller gave it: `https://vault.azure.net`. */
  readonly resource: string;
  /** Who asks, for fairness and the per-pod share of the cache: the pod's UID, or `host`. */
  readonly askerId: string;
}

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
