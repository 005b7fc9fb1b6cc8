import type { MachineKind } from '../../domain/azure/machines.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';

/** Which machines; nothing named means those of every Linux pool of the cluster. */
export interface NodeSelection {
  /** Names of AKS pools. */
  readonly nodePools: readonly string[];
  /** Names in the node resource group, or full ARM ids. */
  readonly scaleSets: readonly string[];
  /** Names in the node resource group, or full ARM ids. */
  readonly virtualMachines: readonly string[];
  /** Where names are looked for; absent: the cluster's own. */
  readonly nodeResourceGroup?: string;
}

export const everyLinuxPool: NodeSelection = { nodePools: [], scaleSets: [], virtualMachines: [] };

export interface NodeRequest {
  readonly cluster: ClusterId;
  readonly nodes: NodeSelection;
  /** Whole ids of managed identities. */
  readonly identityIds: readonly string[];
  /** `WantedChange.upgradeInstances` */
  readonly upgradeInstances?: boolean | undefined;
  /** Takes what is there already out of podid-mic's ledger, so that it stays. */
  readonly lookAtLedger?: boolean;
}

/** One machine and what it carries. */
export interface NodeIdentities {
  /** null on machines that AKS did not make. */
  readonly pool: string | null;
  readonly kind: MachineKind;
  readonly resource: string;
  /** Ids of its user-assigned identities. */
  readonly identities: readonly string[];
  /**
   * Whether every instance is as the scale set's model says; null where that cannot be read. A virtual
   * machine always is.
   */
  readonly instancesUpToDate: boolean | null;
}
