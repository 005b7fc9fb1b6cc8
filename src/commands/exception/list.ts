import { clusterFlags, kubeFlags, rawClusterFlag } from '../../cli/flags/cluster-flags.ts';
import { listMisnamed } from '../../cli/flags/entry-flags.ts';
import { entryListFlags, listedNamespace } from '../../cli/flags/list-flags.ts';
import { modeFlag, readingNeeds } from '../../cli/flags/mode-flags.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishDone } from '../../cli/results/finish.ts';
import { reportEmptyList } from '../../cli/results/report-empty-list.ts';
import { each, exceptionShape, exceptionView } from '../../cli/results/result-shapes.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const exceptionListCommand = defineCommand({
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).exceptions,
  description: "Prints the exceptions in the server's order. Where the add-on is off the list is empty.",
  examples: [
    { title: 'those of one namespace', line: 'podid exception list -g demo-rg -c demo --namespace demo' },
  ],
  isNamed: true,
  misnamed: listMisnamed,
  flags: { ...entryListFlags, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const filter = listedNamespace(flags, session.faults);
    const { deps, cluster } = await openDeps(session, flags, readingNeeds(session, flags));
    const { listExceptions } = await import('../../workflows/entries/read-entries.ts');
    const done = await listExceptions(deps, { cluster, ...filter }, session.context.signal);
    const exitCode = await finishDone(session, done, {
      view: each(exceptionView),
      shape: exceptionShape,
      ...flags,
    });
    await reportEmptyList(session, deps, done, 'exception', flags);
    return exitCode;
  },
});
