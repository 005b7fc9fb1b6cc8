import { accessChoice, accessFileFlags, accessFlags } from '../cli/access/access-flags.ts';
import { accessShape } from '../cli/access/access-result.ts';
import { accessView } from '../cli/access/access-view.ts';
import { clusterFlags, kubeFlags } from '../cli/flags/cluster-flags.ts';
import { reportUnread } from '../cli/migrate/report-unread.ts';
import { saveText } from '../cli/open/file-to-write.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { outFile } from '../cli/open/out-file.ts';
import { defineCommand } from '../cli/run/command-spec.ts';

export const accessCommand = defineCommand({
  description:
    'Prints for each identity who can get its tokens, by every way there is: bindings, exceptions, the network of a node, federated credentials, AKS identity bindings, Secrets; who could make such a way, by rights in Kubernetes and in Azure; and what is worse than it has to be, the worst first, each with the command that mends it. It works with the add-on, without it and in standard mode, and nothing is written anywhere.\n\nWhat you may not read counts as unknown: it is listed under unread, and never taken for none.',
  examples: [
    { title: 'the whole cluster', line: 'podid access -g demo-rg -c demo' },
    {
      title: 'who can get one identity',
      line: 'podid access -g demo-rg -c demo --identity web -o wide',
      needs: 'a cluster',
    },
    {
      title: 'the other way round: what one pod can get',
      line: 'podid access -g demo-rg -c demo --pod demo/web-1',
      needs: 'a cluster',
    },
    {
      title: 'a page to send around, which asks nobody for anything',
      line: 'podid access -g demo-rg -c demo --out access.html',
    },
    {
      title: 'what to mend first, for a script',
      line: 'podid access -g demo-rg -c demo -o json --query "findings[?severity==\'high\'].hint"',
    },
  ],
  isPage: true,
  flags: { ...accessFlags, ...accessFileFlags, ...clusterFlags, ...kubeFlags },
  examplesOfResult: async () => (await import('../cli/access/access-examples.ts')).accessExamples,
  async run(flags, session) {
    const choice = accessChoice(flags, session.faults);
    const file = await outFile(flags, ['html', 'json', 'yaml'], session.faults);
    const { namespace: _, ...others } = flags;
    const { deps, cluster } = await openDeps(session, others, { kube: true });
    const { reportedAccess } = await import('../workflows/access/report-access.ts');
    const reported = await reportedAccess(deps, { cluster, choice });
    // Whatever a query leaves of the result, what is missing is said.
    if (session.global.query !== undefined) {
      reportUnread(session.report, reported.unread);
    }
    const [view, shape] = [accessView(reported), accessShape(cluster.name)];
    if (file !== undefined) {
      await saveText(file, await session.render(view, shape, file.format));
      session.report.note(`The report is in ${file.path}.`);
    }
    await session.print(view, shape);
    return 0;
  },
});
