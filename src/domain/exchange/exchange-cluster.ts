import type { EntryKey } from '../entries/pod-identity.ts';
import type { AzureIdentity } from '../kubernetes/identity-resources.ts';
import type { GuardedAgent } from './exchange-guard.ts';
import type { TokenRight } from './exchange-roles.ts';
import type { ExchangeSubject, TokenSourceName } from './token-source.ts';

/** A token of a service account, made for the one who asks. It is never printed or stored. */
export interface AccountToken {
  readonly token: string;
  /** Claim `iss`; `''` where it has none. */
  readonly issuer: string;
}

/** What `podid exchange` does in a cluster. All throw PodidError Forbidden | ClusterUnreachable. */
export interface ExchangeCluster {
  /**
   * TokenRequest, with the caller's own rights. @param seconds at least 600
   *
   * @throws PodidError also AgentRefused: there is no such account, or the cluster does not make such tokens
   */
  accountToken(
    account: EntryKey,
    token: { readonly audience: string; readonly seconds: number },
    signal: AbortSignal,
  ): Promise<AccountToken>;
  /** `system:serviceaccount:NAMESPACE:NAME` of all accounts. */
  subjects(signal: AbortSignal): Promise<ReadonlySet<string>>;
  /**
   * Writes where the tokens of this very object come from, and with `exchange` its tenant; no other field is touched.
   *
   * @throws PodidError also StaleCluster (it was deleted or made anew meanwhile)
   */
  setTokenSource(
    identity: AzureIdentity,
    source: {
      readonly name: TokenSourceName;
      readonly tenantId?: string;
      readonly subject?: ExchangeSubject;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /** Why the agent makes no tokens of the pods' accounts by this right, in sentences; undefined where it does. */
  guardFault(agent: GuardedAgent, right: TokenRight, signal: AbortSignal): Promise<string | undefined>;
  /** By which rights of namespaces the agent makes tokens, and of whom. */
  grants(agent: EntryKey, signal: AbortSignal): Promise<readonly ExchangeGrant[]>;
  /** Namespaces of `wanted` in which a role or binding that the agent needs is somebody else's, each with a sentence. */
  refusedGrants(
    agent: GuardedAgent,
    wanted: ReadonlyMap<string, readonly string[]>,
    right: TokenRight,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>;
  /**
   * Has the agent make tokens of these accounts, by namespace, and of no others. What is so already is not written, and
   * in namespaces that `refusedGrants` would name nothing is.
   *
   * @returns those namespaces, as `refusedGrants` does
   */
  setGrants(
    agent: GuardedAgent,
    wanted: ReadonlyMap<string, readonly string[]>,
    right: TokenRight,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>;
}

/** What the roles of one namespace let the agent do, each with its binding. */
export interface ExchangeGrant {
  readonly namespace: string;
  /** Names of accounts, sorted. Neither an account nor a right where a part is missing, so that the rest does nothing. */
  readonly accounts: readonly string[];
  readonly rights: readonly TokenRight[];
}

/** As a token of the account names it. */
export function subjectOf({ namespace, name }: EntryKey): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
