import { clusterFlags, rawClusterFlag } from '../../cli/flags/cluster-flags.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { clusterShape, clusterView } from '../../cli/results/cluster-result.ts';
import { finishDone } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { principalIdRule } from '../../validate/flags/azure-names.ts';

export const clusterShowCommand = defineCommand({
  description:
    "Prints the identities of the control plane, of the kubelets and of AKS's own add-ons, and for every entry whether the control plane has the role that lets it put the entry's identity on nodes. Warnings on stderr name what is missing, with the command that fixes it: a role on an entry, on a kubelet identity of your own, on a network outside the node resource group, and the expiry of a service principal.",
  examples: [
    { title: 'the identities', line: 'podid cluster show -g demo-rg -c demo' },
    {
      title: 'entries that the control plane has no role for',
      line: "podid cluster show -g demo-rg -c demo -o json --query 'operatorRole[?!granted]'",
    },
  ],
  flags: { ...clusterFlags, ...rawClusterFlag },
  async run(flags, session) {
    const principal = session.global.clusterPrincipalId;
    if (principal !== undefined) {
      session.faults.check('--cluster-principal-id', principal, 'a principal id', principalIdRule);
    }
    const { deps, cluster } = await openDeps(session, flags, { kube: false });
    const { showCluster } = await import('../../workflows/clusters/show-cluster.ts');
    const done = await showCluster(deps, cluster, {
      signal: session.context.signal,
      ...(principal === undefined ? {} : { clusterPrincipalId: principal }),
    });
    return await finishDone(session, done, { view: clusterView, shape: clusterShape, ...flags });
  },
});
