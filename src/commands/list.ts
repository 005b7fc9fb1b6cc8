import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { listMisnamed, namespaceFilterFlag } from '../cli/flags/entry-flags.ts';
import { modeFlag, readingNeeds } from '../cli/flags/mode-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { reportEmptyList } from '../cli/results/report-empty-list.ts';
import { each, identityShape, identityView } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { entryProgress, type PodIdentity } from '../domain/entries/pod-identity.ts';
import { namespaceFilter } from '../validate/flags/entry-key.ts';

export const listCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).identities,
  description:
    "Prints the pod identities in the server's order. Where the add-on is off the list is empty. An entry in state Failed is shown with its reason; the command still succeeds. With --mode cluster it reads the objects in the cluster, whoever wrote them, and checks whether every Linux node has the identity; with --kubeconfig alone it does not ask Azure and shows no states. Service principals (AzureIdentities of type 1 or 2) are listed there too, with a member servicePrincipal.",
  examples: [
    { title: 'all of them', line: 'podid list -g demo-rg -c demo' },
    { title: 'what is not assigned, with the reasons', line: 'podid list -g demo-rg -c demo --problems' },
    {
      title: 'their names, for a script',
      line: 'podid list -g demo-rg -c demo --problems -o tsv --query "[].name"',
    },
  ],
  misnamed: listMisnamed,
  flags: {
    ...namespaceFilterFlag,
    problems: { kind: 'switch', summary: 'only those that are not assigned' },
    ...clusterFlags,
    ...rawClusterFlag,
    ...modeFlag,
    ...kubeFlags,
  },
  async run(flags, session) {
    const filter = namespaceFilter(flags.namespace, session.faults);
    const { deps, cluster } = await openDeps(session, flags, readingNeeds(session, flags));
    const { listIdentities } = await import('../workflows/entries/read-entries.ts');
    const all = await listIdentities(deps, { cluster, ...filter }, session.context.signal);
    const done = flags.problems ? { ...all, result: all.result.filter(isUnfinished) } : all;
    const exitCode = await finishDone(session, done, {
      view: each(identityView),
      shape: identityShape,
      ...flags,
    });
    if (all.result.length > 0 && done.result.length === 0) {
      const { length } = all.result;
      session.report.note(
        `No problem is known of ${length} pod ${length === 1 ? 'identity' : 'identities'}.`,
      );
      return exitCode;
    }
    await reportEmptyList(session, deps, all, 'pod identity', flags.mode);
    return exitCode;
  },
});

function isUnfinished(entry: PodIdentity): boolean {
  return entryProgress(entry) !== 'done';
}
