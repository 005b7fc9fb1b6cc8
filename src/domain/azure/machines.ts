import type { Operation, OperationEnd } from './operation.ts';

/** A scale set, or a virtual machine that belongs to none; the words of the flags. */
export type MachineKind = 'vmss' | 'vm';

/** What nodes are made of. */
export interface Machine {
  readonly resourceId: string;
  readonly name: string;
  readonly kind: MachineKind;
  /** `Linux` or `Windows`; Linux where Azure says nothing. */
  readonly osType: string;
  /** Of the AKS pool; absent on machines that AKS did not make. */
  readonly poolName?: string;
  /** As Azure writes it: `SystemAssigned, UserAssigned`; `None` where there is none. */
  readonly identityType: string;
  /** Ids of the user-assigned identities that it carries, in Azure's casing. */
  readonly identityIds: readonly string[];
  /** Client ids of those of them whose client id Azure tells, by the ids of `identityIds`. */
  readonly identityClientIds?: Readonly<Record<string, string>>;
  /** `Succeeded`, `Updating`, `Deleting`, `Failed` …; `''` when the server names none. */
  readonly provisioningState: string;
  readonly eTag?: string;
  /** Of a scale set: `Manual`, `Automatic` or `Rolling`. Absent on virtual machines. */
  readonly upgradeMode?: string;
  /**
   * Of a scale set's model: what an instance that is upgraded to it boots from. `''` when the server names
   * none.
   */
  readonly image?: string;
}

/** One machine of a scale set. */
export interface MachineInstance {
  readonly instanceId: string;
  /** Whether it is as the scale set's model says. */
  readonly latestModel: boolean;
  /** What it booted from, as `Machine.image`. */
  readonly image: string;
  /** Of the user-assigned identities that it carries; absent where the server does not say. */
  readonly identityIds?: readonly string[];
}

export interface MachineChange {
  /** As the answer to the write says it is. */
  readonly machine: Machine;
  /** Absent when Azure was done at once. */
  readonly operation?: Operation;
}

export interface FollowMachineOptions {
  /** Between polls, unless the server's `Retry-After` says otherwise. */
  readonly pollIntervalMs: number;
  /** Called with the server's free-form status when it changes. */
  readonly onStatus: (status: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Scale sets and virtual machines. The writes are sent once, with `If-Match` where the machine has an eTag,
 * and throw
 *
 * - MachineNotFound, NotSignedIn
 * - AssignForbidden: the caller, or a lock of the node resource group, forbids it
 * - MachineBusy (409), StaleMachine (412)
 * - AssignRefused: anything else that Azure has against it; `target` is the identity where the answer names
 * one of those involved
 * - Unavailable (5xx, 429, cut connection: the write may have happened)
 */
export interface Machines {
  /** @throws PodidError MachineNotFound | Forbidden | NotSignedIn | Unavailable */
  get(resourceId: string, signal: AbortSignal): Promise<Machine>;
  /** Of a resource group, in the server's order. @throws PodidError */
  scaleSets(subscriptionId: string, resourceGroup: string, signal: AbortSignal): Promise<readonly Machine[]>;
  /** Of a resource group; machines of uniform scale sets are not among them. @throws PodidError */
  virtualMachines(
    subscriptionId: string,
    resourceGroup: string,
    signal: AbortSignal,
  ): Promise<readonly Machine[]>;
  /** @throws PodidError as `get` */
  instances(scaleSetId: string, signal: AbortSignal): Promise<readonly MachineInstance[]>;
  /**
   * Adds identities and leaves all others, the system-assigned one too, as they are.
   *
   * @param identityIds at most `identitiesPerRequest`
   */
  assignIdentities(
    machine: Machine,
    identityIds: readonly string[],
    signal: AbortSignal,
  ): Promise<MachineChange>;
  /**
   * Takes identities away and leaves all others as they are. @param identityIds at most
   * `identitiesPerRequest`
   */
  removeIdentities(
    machine: Machine,
    identityIds: readonly string[],
    signal: AbortSignal,
  ): Promise<MachineChange>;
  /** Brings instances of a scale set to its model. @returns undefined when Azure was done at once */
  upgradeInstances(
    scaleSetId: string,
    instanceIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Operation | undefined>;
  /** As `Clusters.follow`. */
  follow(operation: Operation, options: FollowMachineOptions): Promise<OperationEnd>;
}

/**
 * The scale set or machine behind a node, by the node's `spec.providerID`
 * (`azure:///subscriptions/…/virtualMachineScaleSets/NAME/virtualMachines/0`); undefined for nodes that Azure
 * has no machine for.
 */
export function machineOfNode(providerId: string): string | undefined {
  return /^azure:\/\/(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/(?:virtualMachineScaleSets|virtualMachines)\/[^/]+)/i.exec(
    providerId,
  )?.[1];
}

/** The ARM type of each kind. */
export const machineTypes: Readonly<Record<MachineKind, string>> = {
  vmss: 'Microsoft.Compute/virtualMachineScaleSets',
  vm: 'Microsoft.Compute/virtualMachines',
};
