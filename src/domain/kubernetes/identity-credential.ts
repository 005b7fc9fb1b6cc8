import { noIdCharacter, oddCharacterOf } from '../azure/odd-character.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import {
  type ExchangeDefaults,
  type ExchangeSubject,
  noExchangeDefaults,
  tokenSourceOf,
  type UnusableTokenSource,
} from '../exchange/token-source.ts';
import type { AzureIdentity } from './identity-resources.ts';
import { mayNameSecret, noSecretPairs, type SecretPairs } from './secret-pairs.ts';

/**
 * Which managed identity of the node IMDS is asked for. Exactly one member is set, or none for the node's
 * default.
 */
export interface ManagedIdentityChoice {
  readonly clientId?: string;
  readonly resourceId?: string;
  readonly objectId?: string;
}

/**
 * An AzureIdentity of type 1 (`secret`) or 2 (`certificate`); its Secret is read only when a token is
 * fetched.
 */
export interface ServicePrincipal {
  readonly kind: 'secret' | 'certificate';
  /** The AzureIdentity's own namespace. A Secret of another is refused, unless the pair is allowed. */
  readonly namespace: string;
  readonly tenantId: string;
  /** Type 1 only, one to three. The answer then holds one token a tenant, the primary's first. */
  readonly auxiliaryTenantIds: readonly string[];
  readonly clientId: string;
  readonly secret: { readonly namespace: string; readonly name: string };
  /** Entra's authority, `https://login.microsoftonline.com/` when absent. */
  readonly adEndpoint?: string;
}

/** An AzureIdentity of type 0 whose tokens Entra gives for the token of a service account. */
export interface ExchangedIdentity {
  readonly kind: 'exchange';
  readonly clientId: string;
  readonly tenantId: string;
  readonly subject: ExchangeSubject;
  /** With `workload`, once the pod is known: the account that it runs as. */
  readonly account?: EntryKey;
}

/** Whose token an AzureIdentity stands for, and which way it comes. */
export type IdentityCredential =
  | { readonly kind: 'managed-identity'; readonly choice: ManagedIdentityChoice }
  | ExchangedIdentity
  | ServicePrincipal;

/** Why an AzureIdentity stands for nobody. */
export type UnusableIdentity =
  /** `what` completes "The AzureIdentity …". */
  | {
      readonly kind: 'incomplete-identity';
      readonly identity: AzureIdentity;
      readonly what: string;
      /** Its annotations do not say where its tokens come from. */
      readonly source?: UnusableTokenSource;
    }
  | { readonly kind: 'secret-in-other-namespace'; readonly identity: AzureIdentity };

/**
 * Never the node's default: an identity that names nobody is refused, where upstream asked IMDS without
 * naming one and so handed out the node's own.
 */
export function credentialOf(
  identity: AzureIdentity,
  secretPairs: SecretPairs = noSecretPairs,
  exchange: ExchangeDefaults = noExchangeDefaults,
): IdentityCredential | UnusableIdentity {
  const { type = 0, clientID, resourceID } = identity.spec;
  if (type === 1 || type === 2) {
    return servicePrincipal(identity, type === 1 ? 'secret' : 'certificate', secretPairs);
  }
  if (type !== 0) {
    return incomplete(identity, Number.isNaN(type) ? otherType : `has the type ${type}, ${noType}`);
  }
  const source = tokenSourceOf(identity, exchange);
  if (source.kind === 'unusable') {
    return { ...incomplete(identity, source.what), source };
  }
  if (source.kind === 'exchange') {
    return source;
  }
  if (isUsableId(clientID)) {
    return { kind: 'managed-identity', choice: { clientId: clientID } };
  }
  if (isUsableId(resourceID)) {
    return { kind: 'managed-identity', choice: { resourceId: resourceID } };
  }
  return incomplete(identity, whatIsWrong(identity.spec));
}

/** Whether an agent asks IMDS by it: a client id that is none of these is passed over for the resource id. */
export function isUsableId(id: string | undefined): id is string {
  return Boolean(id) && !noIdCharacter.test(id ?? '');
}

function whatIsWrong({ clientID = '', resourceID = '' }: AzureIdentity['spec']): string {
  const [[member, id] = []] = Object.entries({ clientID, resourceID }).filter(([, text]) => text !== '');
  return id === undefined
    ? 'has neither a clientID nor a resourceID'
    : `has a ${member} that holds ${oddCharacterOf(id)}, which no id has`;
}

const noType = 'which is not 0, 1 or 2';
const otherType = `has a type that is no number, ${noType}`;

function servicePrincipal(
  identity: AzureIdentity,
  kind: ServicePrincipal['kind'],
  secretPairs: SecretPairs,
): ServicePrincipal | UnusableIdentity {
  const { namespace } = identity.metadata;
  const { clientID, tenantID, clientPassword, auxiliaryTenantIDs, adEndpoint } = identity.spec;
  if (!clientID || !tenantID || !clientPassword?.name) {
    return incomplete(identity, 'lacks a clientID, a tenantID or the name of its secret');
  }
  const secret = { namespace: clientPassword.namespace || namespace, name: clientPassword.name };
  if (!mayNameSecret(secretPairs, namespace, secret.namespace)) {
    return { kind: 'secret-in-other-namespace', identity };
  }
  return {
    kind,
    namespace,
    tenantId: tenantID,
    auxiliaryTenantIds: kind === 'secret' ? (auxiliaryTenantIDs ?? []) : [],
    clientId: clientID,
    secret,
    ...(adEndpoint ? { adEndpoint } : {}),
  };
}

function incomplete(identity: AzureIdentity, what: string) {
  return { kind: 'incomplete-identity' as const, identity, what };
}
