import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { entryListFlags, listedNamespace } from '../../cli/flags/list-flags.ts';
import { migrationShape, migrationView } from '../../cli/migrate/migrate-result.ts';
import { planOutput, savePlan } from '../../cli/migrate/plan-output.ts';
import { reportUnread } from '../../cli/migrate/report-unread.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { isTurnedOn } from '../../domain/migrate/next-step.ts';
import type { PlannedWorkload } from '../../domain/migrate/planned-workload.ts';
import { advice } from '../../errors/hint.ts';
import { workloadChoice } from '../../validate/flags/workload-choice.ts';

export const migratePlanCommand = defineCommand({
  description:
    'Reads every workload that gets tokens by pod identity, also those without pods, and prints for each how it can move to Microsoft Entra Workload Identity, how far it is, what blocks it, and the next command. Nothing is written in Azure or in the cluster. With --out the plan is also written into a file, for review; where its name ends in .html, the page.\n\nWhat you may not read counts as unknown: it is listed under unread, and blocks a workload whose way depends on it.',
  examples: [
    { title: 'the whole cluster', line: 'podid migrate plan -g demo-rg -c demo' },
    {
      title: 'one workload, with every blocker and its command',
      line: 'podid migrate plan -g demo-rg -c demo --namespace demo --workload deployment/web -o json',
      needs: 'a cluster',
    },
    {
      title: 'a page to send around, which asks nobody for anything',
      line: 'podid migrate plan -g demo-rg -c demo --out migrate.html',
      needs: 'a cluster',
    },
    { title: 'a file to review', line: 'podid migrate plan -g demo-rg -c demo --out plan.yaml' },
    {
      title: 'what is blocked, for a script',
      line: 'podid migrate plan -g demo-rg -c demo -o json --query "workloads[?starts_with(state, \'blocked\')].name"',
    },
  ],
  isPage: true,
  flags: {
    namespace: {
      kind: 'text',
      value: 'NAMESPACE',
      summary: 'only workloads of this namespace',
      fallback: 'all',
    },
    allNamespaces: {
      ...entryListFlags.allNamespaces,
      summary: 'workloads of all namespaces, as without --namespace; for whoever types it from habit',
    },
    workload: {
      kind: 'text',
      value: 'KIND/NAME',
      summary: 'only this workload: deployment/web, cronjob/nightly',
      fallback: 'all',
    },
    out: {
      kind: 'text',
      value: 'FILE',
      summary:
        'also write the plan into this file: .yaml or .json; or the page: .html; readable by you alone',
    },
    force: { kind: 'switch', summary: 'overwrite the file of --out' },
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => (await import('../../cli/migrate/migrate-examples.ts')).migrationExamples,
  async run(flags, session) {
    const filter = listedNamespace(flags, session.faults);
    const chosen =
      flags.workload === undefined ? {} : { workload: workloadChoice(flags.workload, session.faults) };
    const file = await planOutput(flags, session);
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    const { planWorkloads } = await import('../../workflows/migrate/plan-migration.ts');
    const planned = await planWorkloads(deps, { cluster, ...filter, ...chosen, sha256 });
    reportUnread(session.report, planned.unread);
    if (filter.namespace !== undefined && planned.workloads.length === 0 && planned.unread.length === 0) {
      session.report.note(`No workload of the namespace ${filter.namespace} has pod identity.`);
    }
    const [view, shape] = [migrationView(planned), migrationShape(deps.clock.now())];
    if (file !== undefined) {
      const page = () => session.render(view, shape, 'html');
      await savePlan(file, { plan: planned.file, page }, session);
    }
    if (file?.isWhole !== true) {
      await session.print(view, shape);
    }
    const going = planned.workloads.filter(canApply);
    if (going.length > 0) {
      const { namespace, workload } = flags;
      // What a page shows is planned again: no command reads it.
      const isPlan = file !== undefined && file.format !== 'html';
      const chosen = isPlan ? { f: file.path } : { namespace, workload };
      const all = nextCommand('migrate apply', cluster, chosen);
      session.report.note(
        going.some(({ state }) => state.startsWith('blocked'))
          ? advice`podid turns on what the cluster lacks, and takes these steps for you, with a proof after each: ${all}`
          : advice`podid takes these steps for you, with a proof after each: ${all}`,
      );
    }
    return 0;
  },
});

/** Whether `podid migrate apply` has a step to take, which is not only to watch. */
function canApply({ state, step, route, blockers }: PlannedWorkload): boolean {
  const isFree = state === step || isTurnedOn(route, blockers);
  return isFree && /^(?:planned|trusted|annotated)$/.test(step) && (route === 'native' || route === 'proxy');
}
