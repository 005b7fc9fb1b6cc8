import { yesFlag } from '../../cli/flags/change-flags.ts';
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

export const nodeUnassignCommand = defineCommand({
  examplesOfResult: async () => nodeExamples.change,
  description:
    'The reverse of "podid node assign". It first checks in the cluster whether a binding or an entry still uses an identity, and refuses if so; --force removes it anyway, without checking. The identities that the cluster itself runs with (kubelets, control plane, AKS add-ons) are never removed. It shows what it will remove and asks. Instances of scale sets are not upgraded, as with "podid node assign", unless --upgrade-instances is given.',
  examples: [
    {
      title: 'an identity from all Linux pools',
      line: 'podid node unassign -g demo-rg -c demo --identities /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web --yes',
    },
  ],
  flags: {
    ...identitiesFlag,
    ...nodeFlags,
    force: {
      kind: 'switch',
      summary: 'also remove identities that bindings or entries still use, without checking',
    },
    ...yesFlag,
    ...nodeChangeFlags,
    ...kubeFlags,
  },
  async run(flags, session) {
    const { faults } = session;
    const request = {
      nodes: nodeSelection(flags, faults),
      identityIds: identityIds(flags, faults),
      upgradeInstances: flags.upgradeInstances,
    };
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    const { unassignFromNodes } = await import('../../workflows/nodes/unassign-from-nodes.ts');
    const outcome = await unassignFromNodes(deps, { cluster, ...request }, options);
    return await finishChange(session, outcome, { view: nodesView, shape: nodesShape, ...flags });
  },
});
