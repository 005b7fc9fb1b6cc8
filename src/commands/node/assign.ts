import { kubeFlags } from '../../cli/flags/cluster-flags.ts';
import {
  identitiesFlag,
  identityIds,
  nodeChangeFlags,
  nodeFlags,
  nodeSelection,
} from '../../cli/flags/node-flags.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { nodeExamples, nodesShape, nodesView } from '../../cli/results/node-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const nodeAssignCommand = defineCommand({
  examplesOfResult: async () => nodeExamples.change,
  description:
    'Does what "az vmss identity assign" and "az vm identity assign" do, on every Linux pool of the cluster, or on those that you name, in parallel. Identities that a machine already has stay, including its system-assigned one. A change of a scale set reaches its instances without an upgrade, by what Azure\'s maintainers say. Should that not be so on yours, --upgrade-instances upgrades the instances that lack the change; one whose upgrade would re-image its node is reported and left as it is.\n\nYour own rights are checked first: Microsoft.Compute/virtualMachineScaleSets/write or virtualMachines/write (with --upgrade-instances also virtualMachineScaleSets/manualupgrade/action), and Microsoft.ManagedIdentity/userAssignedIdentities/assign/action on each identity.',
  examples: [
    {
      title: 'an identity on all Linux pools',
      line: 'podid node assign -g demo-rg -c demo --identities /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
    },
    {
      title: 'what it would change on one pool',
      line: 'podid node assign -g demo-rg -c demo --node-pool nodepool1 --identities /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web --dry-run',
    },
  ],
  flags: {
    ...identitiesFlag,
    ...nodeFlags,
    ...nodeChangeFlags,
    ...kubeFlags,
  },
  async run(flags, session) {
    const { faults } = session;
    const request = {
      nodes: nodeSelection(flags, faults),
      identityIds: identityIds(flags, faults),
      upgradeInstances: flags.upgradeInstances,
      lookAtLedger: true,
    };
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    const { assignToNodes } = await import('../../workflows/nodes/assign-to-nodes.ts');
    const outcome = await assignToNodes(deps, { cluster, ...request }, options);
    return await finishChange(session, outcome, { view: nodesView, shape: nodesShape, ...flags });
  },
});
