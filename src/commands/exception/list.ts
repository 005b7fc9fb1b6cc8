import { namespaceFilter } from '../../validate/flags/entry-key.ts';
import { clusterFlags, kubeFlags, rawClusterFlag } from '../cluster-flags.ts';
import { defineCommand } from '../command-spec.ts';
import { listMisnamed, namespaceFilterFlag } from '../entry-flags.ts';
import { finishDone } from '../finish.ts';
import { modeFlag, readingFlags } from '../mode-flags.ts';
import { resultExamples } from '../result-examples.ts';
import { each, exceptionShape, exceptionView } from '../result-shapes.ts';
import { tellEmpty } from '../tell-empty.ts';
import { openWorkplace } from '../workplace.ts';

export const exceptionListCommand = defineCommand({
  words: ['exception', 'list'],
  examplesOfResult: resultExamples.exceptions,
  summary: "list the cluster's exceptions",
  description: "Prints the exceptions in the server's order. Where the add-on is off the list is empty.",
  examples: [
    { says: 'those of one namespace', line: 'podid exception list -g demo-rg -c demo --namespace demo' },
  ],
  misnamed: listMisnamed,
  flags: { ...namespaceFilterFlag, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const filter = namespaceFilter(flags.namespace, session.faults);
    const { workplace, cluster } = await openWorkplace(session, readingFlags(session, flags));
    const { listExceptions } = await import('../../workflows/entries/read-entries.ts');
    const done = await listExceptions(workplace, { cluster, ...filter }, session.context.signal);
    const exitCode = await finishDone(session, done, {
      view: each(exceptionView),
      shape: exceptionShape,
      ...flags,
    });
    tellEmpty(session, done, 'exception', 'exception add');
    return exitCode;
  },
});
