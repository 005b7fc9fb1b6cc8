/** Who may sign in as a managed identity: the one that this issuer calls by this subject. */
export interface FederatedTrust {
  /** As the issuer writes it into its tokens, to the letter: AKS's ends with a slash. */
  readonly issuer: string;
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly subject: string;
  readonly audience: string;
}

/** A federated credential as Azure holds it. */
export interface FederatedCredential {
  readonly name: string;
  readonly issuer: string;
  /** Absent where it matches claims by an expression instead (preview). */
  readonly subject?: string;
  readonly audiences: readonly string[];
}

/** So many Azure takes on one managed identity (Entra docs, "workload identity federation considerations"). */
export const federatedCredentialLimit = 20;

/**
 * `podid-` and the beginning of a hash: the same for the same trust, wherever it is made.
 *
 * @param sha256 of a text, in hex
 */
export function federatedCredentialName(
  { issuer, subject }: Pick<FederatedTrust, 'issuer' | 'subject'>,
  sha256: (text: string) => string,
): string {
  return `podid-${sha256(`${issuer}\n${subject}`).slice(0, 12)}`;
}

/** The one with this issuer and subject, of which Azure keeps one an identity. Entra compares them to the letter. */
export function credentialOf(
  credentials: readonly FederatedCredential[],
  { issuer, subject }: Pick<FederatedTrust, 'issuer' | 'subject'>,
): FederatedCredential | undefined {
  return credentials.find((each) => each.issuer === issuer && each.subject === subject);
}

/** Whether it is worth a token to whoever holds one of the issuer's with this subject and audience. */
export function trusts({ audiences }: FederatedCredential, { audience }: FederatedTrust): boolean {
  return audiences.includes(audience);
}

/** A token of a service account, to be exchanged for one of a managed identity. It is never printed or stored. */
export interface Assertion {
  readonly tenantId: string;
  readonly clientId: string;
  readonly token: string;
}

/** What Entra made of it. The token that it gave is compared and forgotten; whom it names is what is kept of it. */
export type ExchangeAnswer =
  | {
      readonly kind: 'token';
      /** Claims `appid`, `oid` and `tid`; empty where the token has none. */
      readonly clientId: string;
      readonly objectId: string;
      readonly tenantId: string;
    }
  | {
      readonly kind: 'refused';
      /** `AADSTS700213`, or what else Entra calls it. */
      readonly code: string;
      /** Entra's own sentence. */
      readonly sentence: string;
      /** Entra is busy, or cannot be reached: it says nothing about the credential. */
      readonly passing: boolean;
      /** `Retry-After`. */
      readonly retryAfterMs?: number;
    };
