import { machineTypes } from '../../domain/azure/machines.ts';
import type { FlagTable, FlagValues } from '../../flags/flag-table.ts';
import { managedIdentityIdRule, resourceGroupRule } from '../../validate/flags/azure-names.ts';
import { machineRule } from '../../validate/flags/machine-names.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import type { NodeSelection } from '../../workflows/nodes/node-request.ts';
import { dryRunFlags } from './change-flags.ts';
import { clusterFlags, waitFlags } from './cluster-flags.ts';

/** Which machines. */
export const nodeFlags = {
  nodePool: {
    kind: 'list',
    value: 'NAME',
    summary: 'only machines of these pools; several after one flag',
    fallback: 'every Linux pool of the cluster',
  },
  vmss: { kind: 'list', value: 'NAME|ID', summary: 'these scale sets, by name or full ARM id' },
  vm: { kind: 'list', value: 'NAME|ID', summary: 'these virtual machines, by name or full ARM id' },
  nodeResourceGroup: {
    kind: 'text',
    value: 'NAME',
    summary: 'the resource group in which names are looked up',
    fallback: "the cluster's node resource group",
  },
} as const satisfies FlagTable;

export const identitiesFlag = {
  identities: {
    kind: 'list',
    value: 'ID',
    required: true,
    summary: 'managed identities by their full ARM ids; several after one flag',
  },
} as const satisfies FlagTable;

export const nodeChangeFlags = {
  ...clusterFlags,
  ...dryRunFlags,
  upgradeInstances: {
    kind: 'switch',
    summary: 'also upgrade the instances of scale sets with manual upgrades that lack the change',
  },
  noWait: { kind: 'switch', summary: 'return once Azure has accepted the change' },
  ...waitFlags,
} as const satisfies FlagTable;

/** The machines that are meant; faults go to the next `checkUsage`. */
export function nodeSelection(flags: FlagValues<typeof nodeFlags>, faults: UsageFaults): NodeSelection {
  const { nodePool = [], vmss = [], vm = [], nodeResourceGroup } = flags;
  for (const name of vmss) {
    faults.check('--vmss', name, 'a scale set', machineRule(machineTypes.vmss));
  }
  for (const name of vm) {
    faults.check('--vm', name, 'a virtual machine', machineRule(machineTypes.vm));
  }
  if (nodeResourceGroup !== undefined) {
    faults.check('--node-resource-group', nodeResourceGroup, 'a resource group', resourceGroupRule);
  }
  return {
    nodePools: nodePool,
    scaleSets: vmss,
    virtualMachines: vm,
    ...(nodeResourceGroup === undefined ? {} : { nodeResourceGroup }),
  };
}

/** Each identity once, in the order in which they were given. */
export function identityIds(flags: FlagValues<typeof identitiesFlag>, faults: UsageFaults): string[] {
  const ids = (flags.identities ?? []).map((id) =>
    faults.check('--identities', id, 'the id of a managed identity', managedIdentityIdRule),
  );
  return [...new Map(ids.map((id) => [id.toLowerCase(), id])).values()];
}
