/** What nodes are made of: a scale set, or a virtual machine that belongs to none. */
export interface Machine {
  readonly resourceId: string;
  /** `Linux` or `Windows`; Linux where Azure says nothing. */
  readonly osType: string;
  /** Of the AKS pool; absent on machines that AKS did not make. */
  readonly poolName?: string;
  /** Ids of the user-assigned identities that it carries. */
  readonly identityIds: readonly string[];
}

export interface Machines {
  /** @throws PodidError Forbidden | NotSignedIn | AzureRefused (there is none) | Unavailable */
  get(resourceId: string, signal: AbortSignal): Promise<Machine>;
  /** @throws PodidError */
  scaleSets(subscriptionId: string, resourceGroup: string, signal: AbortSignal): Promise<readonly Machine[]>;
}

/**
 * The scale set or machine behind a node, by the node's `spec.providerID`
 * (`azure:///subscriptions/…/virtualMachineScaleSets/NAME/virtualMachines/0`); undefined for nodes that Azure has no machine for.
 */
export function machineOfNode(providerId: string): string | undefined {
  return /^azure:\/\/(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/(?:virtualMachineScaleSets|virtualMachines)\/[^/]+)/i.exec(
    providerId,
  )?.[1];
}
