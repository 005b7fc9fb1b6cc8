/**
 * How a kubeconfig wants to sign in to the cluster's API: a token of Entra for the application that stands
 * for API servers.
 */
export interface EntraSignIn {
  /** Application id of the server: the audience of the token. */
  readonly serverId: string;
  readonly tenantId?: string;
  /** The cloud in Azure's own words: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`. */
  readonly cloud?: string;
  readonly as: EntraPrincipal;
}

/** `caller`: whoever podid is signed in as. The others are principals that the kubeconfig names. */
export type EntraPrincipal =
  | { readonly kind: 'caller' }
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: string }
  /** A PEM file that holds certificate and key. */
  | { readonly kind: 'certificate'; readonly clientId: string; readonly path: string }
  | { readonly kind: 'managedIdentity'; readonly clientId?: string; readonly resourceId?: string }
  | { readonly kind: 'workloadIdentity'; readonly clientId?: string; readonly tokenFile?: string };

/**
 * @returns a bearer token @throws PodidError InvalidKubeconfig | NotSignedIn | Unavailable, and the signal's
 * reason
 */
export type FetchEntraToken = (signIn: EntraSignIn, signal: AbortSignal) => Promise<string>;

/**
 * The application that stands for the API servers of all AKS clusters with managed Entra integration, the
 * same in every cloud (azure-cli, `aks_runcommand`).
 */
export const aksServerId = '6dae42f8-4368-4678-94ff-3960e28e3630';
