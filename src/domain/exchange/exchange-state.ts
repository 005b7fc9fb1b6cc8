import type { Hint } from '../../errors/hint.ts';
import {
  credentialOf,
  type FederatedCredential,
  type FederatedTrust,
  trusts as trustsBy,
} from '../azure/federated-credential.ts';
import { managedIdentityType, parseResourceId } from '../azure/resource-id.ts';
import { isGuid } from '../azure/written-id.ts';
import type { AzureIdentity } from '../kubernetes/identity-resources.ts';
import { limitText, missingTrusts } from './identity-accounts.ts';
import { type ExchangeDefaults, type ExchangeSubject, tokenSourceOf } from './token-source.ts';

/**
 * How an identity stands. `imds`: its tokens come from the nodes. `trusted`: the same, and Entra would exchange them
 * already. `exchange`: they are exchanged. `untrusted`: they are to be exchanged, and Entra will refuse. `blocked`: they
 * cannot be exchanged. `unknown`: its federated credentials could not be read.
 */
export type ExchangeState = 'imds' | 'trusted' | 'exchange' | 'untrusted' | 'blocked' | 'unknown';

/** Members are in the documented order. */
export interface ExchangeRow {
  readonly namespace: string;
  readonly name: string;
  /** `''` where the object names none. */
  readonly clientId: string;
  /** `entra`: a service principal, which signs in with its own secret. */
  readonly source: 'imds' | 'exchange' | 'entra';
  /** Whom its credentials are for, with commas between them; `''` where no agent of podid's exchanges. */
  readonly subject: string;
  /** By whose token, in the words of `--subject`; absent of a service principal. */
  readonly tokenOf?: ExchangeSubject;
  readonly state: ExchangeState;
  /** A code, a colon and a sentence. */
  readonly reason?: string;
  /** No federated credential can be made as things are. */
  readonly full?: true;
}

/** What is known of the federated credentials of one managed identity. */
export type KnownCredentials =
  | { readonly kind: 'read'; readonly credentials: readonly FederatedCredential[] }
  /** Azure would not say; the sentence is Azure's. `gone`: there is no such identity. */
  | {
      readonly kind: 'unread';
      readonly gone: boolean;
      readonly code: string;
      readonly message: string;
      readonly hint?: Hint | undefined;
    };

export interface ExchangeBasis {
  /** Of the agent, or of the identity's accounts. */
  readonly subject: string;
  readonly defaults: ExchangeDefaults;
  /** The agent's. Absent where the cluster has no issuer, or the agent no token to exchange. */
  readonly trust?: FederatedTrust;
  /** In the place of the agent's: those of the accounts of the identity's pods. */
  readonly trusts?: readonly FederatedTrust[];
  /** Why there are none: a code, a colon and a sentence. */
  readonly obstacle?: string;
  /** What keeps tokens from coming though all the credentials are there. */
  readonly lack?: { readonly reason: string; readonly lasting?: true };
  /** By whose token it is to be exchanged; absent: as the object and the agent have it. */
  readonly wanted?: ExchangeSubject;
}

/** @param known undefined: nobody asked, since the object names no managed identity */
export function exchangeRow(
  identity: AzureIdentity,
  known: KnownCredentials | undefined,
  basis: ExchangeBasis,
): ExchangeRow {
  const { metadata, spec } = identity;
  const { namespace, name } = metadata;
  const all = { namespace, name, clientId: spec.clientID ?? '', subject: basis.subject };
  const decision = tokenSourceOf(identity, basis.defaults);
  if (decision.kind === 'service-principal') {
    const reason = 'ServicePrincipal: it signs in with its own secret, and has no federated credentials.';
    return { ...all, source: 'entra', state: 'blocked', reason };
  }
  const row = { ...all, tokenOf: basis.wanted ?? 'agent' };
  if (decision.kind === 'unusable') {
    const reason = `${unusableCodes[decision.reason]}: the AzureIdentity ${decision.what}.`;
    return { ...row, source: 'exchange', state: 'blocked', reason };
  }
  const { kind: source } = decision;
  const standing = { ...row, source };
  const obstacle =
    obstacleOf(identity) ?? (known?.kind === 'unread' ? unreadText(known) : undefined) ?? basis.obstacle;
  if (obstacle !== undefined || known?.kind !== 'read') {
    const unread = known?.kind === 'unread' && !known.gone;
    return { ...standing, state: unread ? 'unknown' : 'blocked', ...(obstacle ? { reason: obstacle } : {}) };
  }
  const lack = lackOf(known.credentials, basis);
  // By another's token it is exchanged, and not yet by the one that is wanted.
  if (decision.kind === 'exchange' && decision.subject === (basis.wanted ?? decision.subject)) {
    return lack === undefined
      ? { ...standing, state: 'exchange' }
      : { ...standing, state: 'untrusted', reason: lack.reason, ...(lack.lasting ? { full: true } : {}) };
  }
  if (lack === undefined) {
    return { ...standing, state: 'trusted' };
  }
  return lack.lasting
    ? { ...standing, state: 'blocked', reason: lack.reason }
    : { ...standing, state: 'imds' };
}

const unusableCodes = {
  'source-unknown': 'BadAnnotation',
  'subject-unknown': 'BadAnnotation',
  'no-client-id': 'NoClientId',
  'client-id-wrong': 'NoClientId',
  'no-tenant': 'NoTenant',
  'tenant-wrong': 'BadTenant',
} as const;

/** What keeps an identity from being exchanged, whatever its credentials are. */
function obstacleOf({ spec }: AzureIdentity): string | undefined {
  if (parseResourceId(spec.resourceID ?? '', managedIdentityType) === undefined) {
    return 'NoResourceId: spec.resourceID is not the id of a managed identity, so that podid cannot find its federated credentials.';
  }
  if (!isGuid(spec.clientID ?? '')) {
    return 'NoClientId: spec.clientID is not a client id, by which tokens are exchanged.';
  }
  return undefined;
}

function unreadText({ code, message }: Extract<KnownCredentials, { kind: 'unread' }>): string {
  return `${code}: ${message}`;
}

interface Lack {
  readonly reason: string;
  /** `podid exchange enable` does not mend it. */
  readonly lasting?: true;
}

function lackOf(credentials: readonly FederatedCredential[], basis: ExchangeBasis): Lack | undefined {
  if (basis.lack?.lasting) {
    // A credential that is missing would be made, and nobody served by it.
    return basis.lack;
  }
  const { trust, trusts = trust && [trust] } = basis;
  if (trusts === undefined) {
    // One more would be needed, whoever it is for.
    const full = limitText(credentials.length, [noTrust]);
    return full === undefined
      ? {
          reason:
            "NoIssuer: the cluster's OIDC issuer is off, or no agent of podid's has a token to exchange.",
        }
      : { reason: full, lasting: true };
  }
  const full = limitText(credentials.length, missingTrusts(credentials, trusts));
  const [lack] = trusts.flatMap((each) => lackOfOne(credentials, each) ?? []);
  return full === undefined ? (lack ?? basis.lack) : { reason: full, lasting: true };
}

const noTrust: FederatedTrust = { issuer: '', subject: '', audience: '' };

function lackOfOne(credentials: readonly FederatedCredential[], trust: FederatedTrust): Lack | undefined {
  const same = credentialOf(credentials, trust);
  if (same !== undefined) {
    return trustsBy(same, trust)
      ? undefined
      : {
          reason: `OtherAudience: federated credential ${same.name} is for the audience ${same.audiences.join(', ')} instead of ${trust.audience}.`,
        };
  }
  const near = credentials.find(({ subject }) => subject === trust.subject);
  if (near === undefined) {
    return { reason: `NoCredential: no federated credential is for ${trust.subject}.` };
  }
  return {
    reason: isSlashAway(near.issuer, trust.issuer)
      ? `OtherIssuer: federated credential ${near.name} has the issuer ${near.issuer}, and the cluster's is ${trust.issuer}: the slash at the end counts.`
      : `OtherIssuer: federated credential ${near.name} has the issuer ${near.issuer}, and the cluster's is ${trust.issuer}.`,
  };
}

function isSlashAway(one: string, other: string): boolean {
  return one !== other && one.replace(/\/$/, '') === other.replace(/\/$/, '');
}
