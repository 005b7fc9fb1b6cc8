import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { listMisnamed, namespaceFilterFlag } from '../cli/flags/entry-flags.ts';
import { modeFlag, readingNeeds } from '../cli/flags/mode-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { reportEmptyList } from '../cli/results/report-empty-list.ts';
import { each, identityShape, identityView } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { namespaceFilter } from '../validate/flags/entry-key.ts';

export const listCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).identities,
  description:
    "Prints the pod identities in the server's order. Where the add-on is off the list is empty. An entry in state Failed is shown with its reason; the command still succeeds. With --mode cluster it reads the objects in the cluster, whoever wrote them, and checks whether every Linux node has the identity; with --kubeconfig alone it does not ask Azure and shows no states. Service principals (AzureIdentities of type 1 or 2) are listed there too, with a member servicePrincipal.",
  examples: [
    { title: 'all of them', line: 'podid list -g demo-rg -c demo' },
    {
      title: 'what is not assigned',
      line: 'podid list -g demo-rg -c demo -o tsv --query "[?provisioningState!=\'Assigned\'].name"',
    },
  ],
  misnamed: listMisnamed,
  flags: { ...namespaceFilterFlag, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const filter = namespaceFilter(flags.namespace, session.faults);
    const { deps, cluster } = await openDeps(session, flags, readingNeeds(session, flags));
    const { listIdentities } = await import('../workflows/entries/read-entries.ts');
    const done = await listIdentities(deps, { cluster, ...filter }, session.context.signal);
    const exitCode = await finishDone(session, done, {
      view: each(identityView),
      shape: identityShape,
      ...flags,
    });
    await reportEmptyList(session, deps, done, 'pod identity', flags.mode);
    return exitCode;
  },
});
