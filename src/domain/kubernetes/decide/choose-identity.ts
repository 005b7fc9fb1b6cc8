import type { ExchangeDefaults } from '../../exchange/token-source.ts';
import { credentialOf, type IdentityCredential, type UnusableIdentity } from '../identity-credential.ts';
import type { AzureIdentity } from '../identity-resources.ts';
import type { Pod } from '../pod.ts';
import type { SecretPairs } from '../secret-pairs.ts';

export interface IdentityQuestion {
  readonly pod: Pick<Pod, 'namespace' | 'name' | 'labels'>;
  /** Which one the caller named, if any: ids in lower case. */
  readonly request: { readonly clientId?: string; readonly resourceId?: string; readonly objectId?: string };
  /** Refuses to take the oldest of several when none is named. */
  readonly requireChoice: boolean;
  /** Where an identity's secret may be, beside its own namespace; nowhere when absent. */
  readonly secretPairs?: SecretPairs | undefined;
  /** Where tokens come from of identities that do not say; the node's IMDS when absent. */
  readonly exchange?: ExchangeDefaults | undefined;
}

export interface GrantedIdentity {
  readonly kind: 'granted';
  readonly identity: AzureIdentity;
  readonly subject: IdentityCredential;
  /** The pod has several, named none in particular, and got the oldest. */
  readonly isArbitrary: boolean;
}

/** Why none of the identities that a pod may use is the one. */
export type ChoiceFailure =
  | UnusableIdentity
  | { readonly kind: 'object-id-asked' }
  | { readonly kind: 'other-identity-asked'; readonly candidates: number }
  | { readonly kind: 'choice-required'; readonly candidates: number };

/** @param candidates all that the pod may use, at least one */
export function chooseIdentity(
  { request, requireChoice, secretPairs, exchange }: IdentityQuestion,
  candidates: readonly AzureIdentity[],
): GrantedIdentity | ChoiceFailure {
  const asked = candidates.filter((identity) => isAskedFor(identity, request));
  const [any, ...others] = asked;
  if (any === undefined) {
    return { kind: 'other-identity-asked', candidates: candidates.length };
  }
  // No object has an object id, so it can tell several apart for nobody.
  if (request.objectId !== undefined && others.length > 0) {
    return { kind: 'object-id-asked' };
  }
  const first = asked.reduce((oldest, each) => (byAge(each, oldest) < 0 ? each : oldest), any);
  const isArbitrary = asked.length > 1;
  if (isArbitrary && requireChoice) {
    return { kind: 'choice-required', candidates: asked.length };
  }
  const subject = credentialOf(first, secretPairs, exchange);
  return subject.kind === 'incomplete-identity' || subject.kind === 'secret-in-other-namespace'
    ? subject
    : { kind: 'granted', identity: first, subject, isArbitrary };
}

/** By each id that is asked for; one that the object does not have decides nothing where the other is its own. */
export function isAskedFor(
  { spec }: AzureIdentity,
  { clientId, resourceId }: IdentityQuestion['request'],
): boolean {
  const compared = [
    [clientId, spec.clientID],
    [resourceId, spec.resourceID],
  ].filter(([asked]) => asked !== undefined);
  const known = compared.filter(([, own]) => own);
  return (
    (compared.length === 0 || known.length > 0) && known.every(([asked, own]) => asked === own?.toLowerCase())
  );
}

/** RFC 3339 in UTC sorts as text. */
function byAge(a: AzureIdentity, b: AzureIdentity): number {
  return (
    compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compare(a.metadata.name, b.metadata.name) ||
    compare(a.metadata.namespace, b.metadata.namespace)
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
