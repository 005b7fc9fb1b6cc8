import { dryRunFlags, roleFlag, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, rawClusterFlag, waitFlags } from '../../cli/flags/cluster-flags.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { clusterShape, clusterView } from '../../cli/results/cluster-result.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { managedIdentityIdRule } from '../../validate/flags/azure-names.ts';
import { longestWaitMs } from '../../validate/flags/duration.ts';

const wishFlags = {
  enableManagedIdentity: {
    kind: 'switch',
    summary: 'run the control plane as its system-assigned identity, or as that of --assign-identity',
  },
  assignIdentity: {
    kind: 'text',
    value: 'ID',
    summary: 'run the control plane as this managed identity, by its full ARM id',
  },
  assignKubeletIdentity: {
    kind: 'text',
    value: 'ID',
    summary: 'run the kubelets as this managed identity; the nodes of every pool are re-imaged',
  },
  upgradeNodeImages: {
    kind: 'switch',
    summary: 'upgrade the node image of every pool afterwards; ends the move from a service principal',
  },
} as const;

export const clusterUpdateCommand = defineCommand({
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).clusterChange,
  description:
    'Does what "az aks update" does with these flags, and what az leaves out: the new principal gets Managed Identity Operator on the identity of every entry, before the change where possible, because Azure refuses the change without it. Other roles of the old principal are listed. Identities that are already as wanted are left alone.\n\nIt shows what will happen and asks. There is no time limit unless --timeout sets one, because re-imaging nodes takes long.',
  examples: [
    {
      title: 'run the control plane as an identity of your own',
      line: 'podid cluster update -g demo-rg -c demo --enable-managed-identity --assign-identity /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/control-plane --yes',
    },
    {
      title: 'what the move from a service principal would do',
      line: 'podid cluster update -g demo-rg -c demo --enable-managed-identity --upgrade-node-images --dry-run',
    },
  ],
  flags: {
    ...wishFlags,
    ...yesFlag,
    ...roleFlag,
    ...clusterFlags,
    aksCustomHeaders: {
      kind: 'list',
      value: 'K=V,…',
      summary: "extra headers for the cluster's PUT request, and for no other request",
    },
    ...dryRunFlags,
    noWait: { kind: 'switch', summary: 'return once Azure has accepted the change' },
    ...waitFlags,
    timeout: { ...waitFlags.timeout, fallback: 'no limit' },
    ...rawClusterFlag,
  },
  async run(flags, session) {
    const { faults } = session;
    for (const [flag, id] of Object.entries({
      '--assign-identity': flags.assignIdentity,
      '--assign-kubelet-identity': flags.assignKubeletIdentity,
    })) {
      if (id !== undefined) {
        faults.check(flag, id, 'the id of a managed identity', managedIdentityIdRule);
      }
    }
    const { enableManagedIdentity, assignIdentity, assignKubeletIdentity, upgradeNodeImages } = flags;
    if (!enableManagedIdentity && !upgradeNodeImages && !assignIdentity && !assignKubeletIdentity) {
      const wishes =
        '--enable-managed-identity, --assign-identity, --assign-kubelet-identity, --upgrade-node-images';
      faults.add('--enable-managed-identity', `Give one of ${wishes}.`);
    }
    if (flags.noWait && upgradeNodeImages) {
      faults.add(
        '--no-wait',
        '--no-wait does not go with --upgrade-node-images, which comes after the change.',
      );
    }
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: false });
    const { updateCluster } = await import('../../workflows/clusters/update-cluster.ts');
    const request = {
      cluster,
      enableManagedIdentity,
      upgradeNodeImages,
      ...(assignIdentity === undefined ? {} : { assignIdentity }),
      ...(assignKubeletIdentity === undefined ? {} : { assignKubeletIdentity }),
    };
    const outcome = await updateCluster(deps, request, {
      ...options,
      ...(flags.timeout === undefined ? { timeoutMs: longestWaitMs } : {}),
    });
    return await finishChange(session, outcome, { view: clusterView, shape: clusterShape, ...flags });
  },
});
