import { namespaceFilter } from '../validate/flags/entry-key.ts';
import { clusterFlags, kubeFlags, rawClusterFlag } from './cluster-flags.ts';
import { defineCommand } from './command-spec.ts';
import { listMisnamed, namespaceFilterFlag } from './entry-flags.ts';
import { finishDone } from './finish.ts';
import { modeFlag, readingFlags } from './mode-flags.ts';
import { resultExamples } from './result-examples.ts';
import { each, identityShape, identityView } from './result-shapes.ts';
import { tellEmpty } from './tell-empty.ts';
import { openWorkplace } from './workplace.ts';

export const listCommand = defineCommand({
  words: ['list'],
  examplesOfResult: resultExamples.identities,
  summary: "list the cluster's pod identities",
  description:
    "Prints the pod identities in the server's order. Where the add-on is off the list is empty. An entry in state Failed is shown with its reason and is no error of the list. With --mode cluster it reads the objects in the cluster, whoever wrote them, and looks whether every Linux node carries the identity; by --kubeconfig alone it asks nothing of Azure and knows no states.",
  examples: [
    { says: 'all of them', line: 'podid list -g demo-rg -c demo' },
    {
      says: 'what is not assigned',
      line: 'podid list -g demo-rg -c demo -o tsv --query "[?provisioningState!=\'Assigned\'].name"',
    },
  ],
  misnamed: listMisnamed,
  flags: { ...namespaceFilterFlag, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const filter = namespaceFilter(flags.namespace, session.faults);
    const { workplace, cluster } = await openWorkplace(session, readingFlags(session, flags));
    const { listIdentities } = await import('../workflows/entries/read-entries.ts');
    const done = await listIdentities(workplace, { cluster, ...filter }, session.context.signal);
    const exitCode = await finishDone(session, done, {
      view: each(identityView),
      shape: identityShape,
      ...flags,
    });
    tellEmpty(session, done, 'pod identity', 'add');
    return exitCode;
  },
});
