import type { PodIdentity, PodIdentityException } from '../entries/pod-identity.ts';
import type { ObjectFacts } from '../kubernetes/cluster-objects.ts';

/** The Azure ids are empty where a kubeconfig alone names the cluster. */
export interface ClusterId {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** The control plane's identity, as ARM names it; `type` is open. */
export interface ClusterIdentity {
  readonly type: string;
  /** Of the system-assigned identity. */
  readonly principalId?: string;
  readonly tenantId?: string;
  readonly userAssigned: readonly {
    readonly resourceId: string;
    readonly principalId?: string;
    readonly clientId?: string;
  }[];
}

export interface AddonIdentity {
  /** AKS's name of it: `azureKeyvaultSecretsProvider`. */
  readonly addon: string;
  readonly resourceId: string;
  readonly clientId: string;
}

export interface NetworkResource {
  readonly kind: 'subnet' | 'public IP address' | 'public IP prefix';
  readonly resourceId: string;
}

export interface AgentPool {
  readonly name: string;
  /** `Linux` or `Windows`; absent on some old clusters, where it is Linux. */
  readonly osType: string;
  /** `VirtualMachineScaleSets`, `AvailabilitySet`, `VirtualMachines`. */
  readonly type: string;
}

export interface PodIdentityProfile {
  readonly enabled: boolean;
  readonly allowNetworkPluginKubenet: boolean;
  readonly identities: readonly PodIdentity[];
  readonly exceptions: readonly PodIdentityException[];
  /**
   * Set where the entries are objects in the cluster and no profile at all: those objects as they were read.
   * Azure's rules for a profile do not hold there.
   */
  readonly objects?: ObjectFacts;
  /** AzureIdentities of service principals, where the entries are objects: shown, and never written. */
  readonly servicePrincipals?: readonly PodIdentity[];
}

/** A cluster in a list: what one goes by to choose it. */
export interface ClusterSummary extends ClusterId {
  readonly provisioningState: string;
  readonly powerState?: string;
  /** As in `Cluster`. */
  readonly networkPlugin: string;
  /** Of the control plane's identity, as ARM names it; `None` on a service-principal cluster. */
  readonly identityType: string;
  readonly addonEnabled: boolean;
}

/** A managed cluster as far as podid decides by it, together with the text it was read from. */
export interface Cluster {
  readonly id: ClusterId;
  readonly resourceId: string;
  readonly location: string;
  readonly provisioningState: string;
  /** `Running` or `Stopped`. */
  readonly powerState?: string;
  readonly eTag?: string;
  readonly kubernetesVersion?: string;
  readonly nodeResourceGroup?: string;
  /** `azure`, `kubenet`, `none`; `''` when the server names none. */
  readonly networkPlugin: string;
  readonly identity: ClusterIdentity;
  readonly kubeletIdentityResourceId?: string;
  /** Client and object id of the kubelets' identity; `''` where the server leaves one out. */
  readonly kubeletIdentityIds?: { readonly clientId: string; readonly objectId: string };
  /** Of AKS's own add-ons; absent when the server names none. */
  readonly addonIdentities?: readonly AddonIdentity[];
  /**
   * Network resources that the cluster uses and that may lie outside its node resource group; absent when the
   * server names none.
   */
  readonly networkResources?: readonly NetworkResource[];
  /** The client id of the service principal; `msi` on a managed-identity cluster. */
  readonly servicePrincipalClientId?: string;
  /** Signs the tokens of service accounts in a way that others can check; absent: it is off. */
  readonly oidcIssuer?: {
    /** As Azure writes it, to the letter, with its slash at the end; absent until Azure has made it. */
    readonly url?: string;
  };
  /** AKS's webhook of Workload Identity is on. */
  readonly workloadIdentity?: boolean;
  readonly pools: readonly AgentPool[];
  readonly profile: PodIdentityProfile;
  /** The server's answer, to the byte: what a PUT is made of. */
  readonly document: string;
}

/** Where a cluster's API server is, by ARM. */
export interface ApiServerHosts {
  /** Host names in lower case; none of a cluster that is being created or is stopped. */
  readonly names: readonly string[];
  /** ARM itself is on loopback, as an emulator is. */
  readonly besideLoopbackArm: boolean;
}
