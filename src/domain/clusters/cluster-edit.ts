import { sameResource } from '../azure/resource-id.ts';
import type { ProfileEdit } from '../entries/profile-edit.ts';
import type { Cluster } from './cluster.ts';

/** What the control plane is to run as. */
export type ControlPlaneChoice =
  | { readonly type: 'SystemAssigned' }
  | { readonly type: 'UserAssigned'; readonly resourceId: string };

/**
 * What a command wants of the whole cluster document: of the profile, of the identities that the cluster itself
 * runs as, and of what Workload Identity stands on.
 */
export interface ClusterEdit extends ProfileEdit {
  readonly controlPlane?: ControlPlaneChoice;
  /** Resource id of the identity that the kubelets are to run as. */
  readonly kubeletIdentity?: string;
  /** Turns the OIDC issuer on. Azure cannot turn it off again. */
  readonly oidcIssuer?: true;
  /** Turns AKS's webhook of Workload Identity on, which needs the issuer. */
  readonly workloadIdentity?: true;
}

/** Whether the control plane runs as this and nothing else. */
export function runsAs({ identity }: Cluster, choice: ControlPlaneChoice): boolean {
  if (identity.type.toLowerCase() !== choice.type.toLowerCase()) {
    return false;
  }
  if (choice.type === 'SystemAssigned') {
    return true;
  }
  const [only, ...others] = identity.userAssigned;
  return others.length === 0 && only !== undefined && sameResource(only.resourceId, choice.resourceId);
}

export function controlPlaneText(choice: ControlPlaneChoice): string {
  return choice.type === 'SystemAssigned' ? 'its system-assigned identity' : choice.resourceId;
}
