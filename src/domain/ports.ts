import type { Hint } from '../errors/hint.ts';
import type { ClusterIdentityBinding } from './access/access-objects.ts';
import type { FetchEntraToken } from './azure/entra-sign-in.ts';
import type {
  Assertion,
  ExchangeAnswer,
  FederatedCredential,
  FederatedTrust,
} from './azure/federated-credential.ts';
import type { Machines } from './azure/machines.ts';
import type { Operation, OperationEnd } from './azure/operation.ts';
import type { RoleAssignment, RoleDefinition, RoleGrant } from './azure/role-assignment.ts';
import type { ClusterCommand, CommandEnd } from './azure/run-command.ts';
import type { ApiServerHosts, Cluster, ClusterId, ClusterSummary } from './clusters/cluster.ts';
import type { ClusterEdit } from './clusters/cluster-edit.ts';

export type { Operation, OperationEnd };

export interface PutAnswer {
  /** The body of the 2xx answer. */
  readonly cluster: Cluster;
  /** Absent when Azure was done at once. */
  readonly operation?: Operation;
}

export interface PutOptions {
  /** `--aks-custom-headers`, checked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface FollowOptions {
  /** Between polls, unless the server's `Retry-After` says otherwise. */
  readonly pollIntervalMs: number;
  /** Called with the server's free-form status when it changes. */
  readonly onStatus: (status: string) => void;
  readonly cluster: ClusterId;
  /** The managed identities that the document holds: an assignment error may name one of them. */
  readonly resourceIds: readonly string[];
  readonly signal: AbortSignal;
}

export interface Clusters {
  /** @throws PodidError ClusterNotFound | NotSignedIn | Forbidden | Unavailable */
  get(id: ClusterId, signal: AbortSignal): Promise<Cluster>;
  /**
   * Sends the document that `base` was read from, with the profile or the cluster's identities edited and
   * nothing else; with `If-Match` where the base has an eTag. Sent once: no retry of its own.
   *
   * @throws PodidError
   *   StaleCluster (412, EtagMismatch), ClusterBusy (409 while another operation runs),
   * AssignmentBlocked (PodIdentityAddonIdentitiesAssignmentError; `target` is the resource id that Azure
   * means, when the text names exactly one that the document or the edit holds), Unavailable (5xx, 429, cut
   * connection: the write may have happened; `retryAfterMs` where the server gave one), Forbidden,
   * NotSignedIn, ClusterNotFound, AzureRefused and the codes of AKS's own refusals
   */
  put(base: Cluster, edit: ClusterEdit, options: PutOptions): Promise<PutAnswer>;
  /**
   * Polls until the operation is terminal. Survives 5xx, 429 and cut connections on polls for as long as the
   * signal lets it.
   *
   * @throws PodidError NotSignedIn | Forbidden | Unavailable (Azure does not know the operation any more, or
   * it lies at a host where the
   *   token may not go: the cluster's own state decides then), and the signal's reason
   */
  follow(operation: Operation, options: FollowOptions): Promise<OperationEnd>;
  /**
   * Puts the newest node image on the nodes of one pool, and with it the cluster's current kubelet identity.
   * Sent once.
   *
   * @returns undefined when Azure had nothing to do
   * @throws PodidError ClusterBusy | AzureRefused | Forbidden | NotSignedIn | ClusterNotFound | Unavailable
   */
  upgradeNodeImage(id: ClusterId, pool: string, signal: AbortSignal): Promise<Operation | undefined>;
  /** The clusters of a subscription that the caller sees, in the server's order. @throws PodidError */
  list(subscriptionId: string, signal: AbortSignal): Promise<readonly ClusterSummary[]>;
  /** A kubeconfig of this very cluster (`listClusterUserCredential`), as YAML. @throws PodidError */
  userKubeconfig(
    id: ClusterId,
    signal: AbortSignal,
    /** The server by its public name, of a private cluster that has one (`serverFqdn=public`). */
    options?: { readonly publicFqdn: boolean },
  ): Promise<string>;
  /** Where a token of the caller's may go for this cluster. @throws PodidError as `get` */
  apiServerHosts(id: ClusterId, signal: AbortSignal): Promise<ApiServerHosts>;
  /**
   * Asks for the token that `runCommand` hands over, where the cluster wants one. What fails is told by that.
   *
   * @throws the signal's reason alone
   */
  prepareCommand(cluster: Cluster, signal: AbortSignal): Promise<void>;
  /**
   * Runs a command in the cluster, as `az aks command invoke` does, and waits for its end.
   *
   * @throws PodidError ClusterUnreachable (AKS could not run it: switched off, no room for its pod) |
   * Forbidden | NotSignedIn |
   *   ClusterNotFound | AzureRefused | Unavailable, and the signal's reason
   */
  runCommand(
    id: ClusterId,
    command: ClusterCommand,
    options: { readonly pollIntervalMs: number; readonly signal: AbortSignal },
  ): Promise<CommandEnd>;
}

export interface ManagedIdentity {
  /** As Azure spells it, which is what az stores too: upstream's NMI compares ids with case. */
  readonly resourceId: string;
  readonly clientId: string;
  readonly principalId: string;
  readonly tenantId?: string;
  readonly location?: string;
}

/** A managed identity in a list. */
export interface IdentitySummary {
  readonly resourceId: string;
  readonly location: string;
  /** Absent while Azure still makes it. */
  readonly clientId?: string;
  readonly principalId?: string;
  readonly tenantId?: string;
}

export interface Identities {
  /** Those of a subscription that the caller sees, in the server's order. @throws PodidError */
  list(subscriptionId: string, signal: AbortSignal): Promise<readonly IdentitySummary[]>;
  /** @throws PodidError IdentityNotFound | IdentityIncomplete | Forbidden | NotSignedIn | Unavailable */
  get(resourceId: string, signal: AbortSignal): Promise<ManagedIdentity>;
  /**
   * Creates the identity in the resource group that its id names; one that is there keeps its ids.
   *
   * @throws PodidError IdentityNotFound (the resource group is missing) | Forbidden | AzureRefused |
   * NotSignedIn | Unavailable
   */
  create(resourceId: string, location: string, signal: AbortSignal): Promise<ManagedIdentity>;
}

/** Who may sign in as a managed identity without a secret. */
export interface FederatedCredentials {
  /** In the server's order. @throws PodidError IdentityNotFound | Forbidden | NotSignedIn | Unavailable */
  list(identityResourceId: string, signal: AbortSignal): Promise<readonly FederatedCredential[]>;
  /**
   * Sees to it that the identity trusts: a credential of the same issuer and subject is adopted, whatever its name.
   * Writes of one identity follow one another as slowly as Azure takes them; what passes is tried again until the
   * signal ends.
   *
   * @throws PodidError LimitReached | FederationUnavailable | FederatedCredentialDiffers (one of the same issuer and
   * subject, made by others, has another audience) | AzureRefused (a policy) | Forbidden | IdentityNotFound |
   * NotSignedIn | Unavailable
   */
  create(
    identityResourceId: string,
    trust: FederatedTrust,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly created: boolean }>;
  /** One that is gone already is success. @throws as `create` */
  remove(identityResourceId: string, name: string, signal: AbortSignal): Promise<void>;
}

/** Managed identities that AKS itself hands to service accounts of a cluster. */
export interface IdentityBindings {
  /** In the server's order. @throws PodidError ClusterNotFound | Forbidden | NotSignedIn | Unavailable */
  list(cluster: ClusterId, signal: AbortSignal): Promise<readonly ClusterIdentityBinding[]>;
}

export interface Roles {
  /**
   * Assignments at the resource and above it that reach the principal, by itself or through groups. @throws
   * PodidError Forbidden …
   */
  assignmentsFor(scope: string, principalId: string, signal: AbortSignal): Promise<readonly RoleAssignment[]>;
  /** Assignments of this very principal anywhere in the subscription. @throws PodidError Forbidden … */
  assignmentsOf(
    subscriptionId: string,
    principalId: string,
    signal: AbortSignal,
  ): Promise<readonly RoleAssignment[]>;
  /** All assignments that reach anything in the subscription, whoever has them. @throws PodidError Forbidden … */
  assignmentsIn(subscriptionId: string, signal: AbortSignal): Promise<readonly RoleAssignment[]>;
  definition(roleDefinitionId: string, signal: AbortSignal): Promise<RoleDefinition>;
  /**
   * The GUID of the role of that name, in any case, as far as it can be assigned at the scope. @throws
   * PodidError RoleNotFound | Forbidden …
   */
  find(roleName: string, scope: string, signal: AbortSignal): Promise<string>;
  /**
   * The GUID that `create` would use: derived from scope, principal and role, so that a repeat is the same
   * assignment.
   */
  assignmentName(grant: RoleGrant): string;
  /**
   * Creates the assignment, with `principalType: ServicePrincipal`; waits out PrincipalNotFound, 429 and 5xx.
   * RoleAssignmentExists is success.
   *
   * @returns whether the assignment is new
   * @throws PodidError Forbidden (names caller, action and scope) | RoleAssignmentBlocked | Unavailable
   */
  create(grant: RoleGrant, signal: AbortSignal): Promise<{ readonly created: boolean }>;
  /** Deletes by full id; one that is gone already is success. */
  delete(assignmentId: string, signal: AbortSignal): Promise<void>;
}

export interface Subscription {
  readonly subscriptionId: string;
  readonly displayName: string;
  readonly tenantId: string;
}

export interface Subscriptions {
  /** By id, or by name. @throws PodidError SubscriptionNotFound | InvalidUsage (a name that several have) */
  find(idOrName: string, signal: AbortSignal): Promise<Subscription>;
  /** All that the caller sees, in the server's order. @throws PodidError */
  list(signal: AbortSignal): Promise<readonly Subscription[]>;
}

/** `Microsoft.ContainerService/EnablePodIdentityPreview` of one subscription. */
export interface Features {
  /** `Registered`, `Registering`, `NotRegistered`, `Pending`, `Unregistering` …; `Unknown` where Azure does not say. */
  state(subscriptionId: string, signal: AbortSignal): Promise<string>;
  register(subscriptionId: string, signal: AbortSignal): Promise<void>;
  /** Makes a registered feature take effect. */
  registerProvider(subscriptionId: string, signal: AbortSignal): Promise<void>;
}

/** What the signed-in principal may do. */
export interface Permissions {
  /** All that its roles add up to at a scope. @throws PodidError Forbidden | NotSignedIn | Unavailable */
  at(scope: string, signal: AbortSignal): Promise<RoleDefinition['permissions']>;
}

export interface Azure {
  readonly clusters: Clusters;
  readonly identities: Identities;
  readonly roles: Roles;
  readonly subscriptions: Subscriptions;
  readonly features: Features;
  readonly machines: Machines;
  readonly permissions: Permissions;
  readonly federatedCredentials: FederatedCredentials;
  readonly identityBindings: IdentityBindings;
  readonly entraToken: FetchEntraToken;
  /**
   * Exchanges a service account's token at Entra for one of a managed identity, for Azure Resource Manager, once.
   *
   * @throws PodidError InvalidUsage (AZURE_AUTHORITY_HOST), and the signal's reason
   */
  exchangeAssertion(assertion: Assertion, signal: AbortSignal): Promise<ExchangeAnswer>;
  /** Where that is asked, for others to ask: Entra's base URL without a slash, and the scope. */
  exchangeEndpoint(): Promise<{ readonly host: string; readonly scope: string }>;
  /** Who is signed in, for people to read; before the first request nobody knows. */
  caller(): string;
}

export interface ProgressShare {
  readonly done: number;
  readonly total: number;
}

/** One thing that is waited for, whatever the messages say meanwhile: its time counts from the first of them. */
export interface Wait {
  /** As far as that is known: `1 to 2 minutes`. */
  readonly usually?: string;
}

/** What there is to say of what goes on, beside its message; at most one of them. */
export interface ProgressDetail {
  /** How much of it is done, which a terminal shows as a bar. */
  readonly share?: ProgressShare;
  /** The messages of one wait name the same. */
  readonly wait?: Wait;
}

/** What people read while a command runs; all of it goes to stderr. */
export interface Reporter {
  /** What is going on now; replaces the message before. */
  progress(text: string, detail?: ProgressDetail): void;
  note(text: string | Hint): void;
  warn(text: string, hint?: Hint): void;
}

/**
 * Asks on a terminal; without one and without `--yes` throws ConfirmationRequired. Says yes by itself under
 * `--yes`.
 */
export type Confirm = (question: string) => Promise<boolean>;
