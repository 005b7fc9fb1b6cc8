import { dryRunFlags, roleFlag } from '../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags } from '../cli/flags/cluster-flags.ts';
import { fileFlag, identityExtraFlags, pruneFlags } from '../cli/flags/file-flags.ts';
import { modeFlags } from '../cli/flags/mode-flags.ts';
import { readWantedEntries, withFileCluster } from '../cli/flags/wanted-entries.ts';
import { changeOptions, identityExtras, reachesObjects } from '../cli/open/change-options.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishChange } from '../cli/results/finish.ts';
import { planShape } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';

const { exitCode } = dryRunFlags;

export const planCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).plans,
  description:
    'Compares files of pod identities with the cluster and prints what apply would add, update and, with --prune, delete; which roles it would grant; how many changes of the cluster that takes; and which objects in the cluster have no entry in Azure. It writes nothing.',
  examples: [
    { title: 'a file', line: 'podid plan -g demo-rg -c demo -f pod-identities.yaml' },
    {
      title: 'in CI: exit with 9 when there is something to do',
      line: 'podid plan -g demo-rg -c demo -f pod-identities/ --prune --exit-code',
    },
  ],
  flags: {
    ...fileFlag,
    ...pruneFlags,
    exitCode: { ...exitCode, summary: 'exit with 9 when there is something to do' },
    ...identityExtraFlags,
    ...roleFlag,
    ...clusterFlags,
    noMirror: { kind: 'switch', summary: "do not read the cluster's own objects" },
    ...kubeFlags,
    ...modeFlags,
  },
  async run(flags, session) {
    const files = flags.file ?? [];
    const wanted = await readWantedEntries(session, files, flags);
    const extras = identityExtras(flags, session.faults);
    const options = changeOptions(session, { ...flags, dryRun: true });
    const chosen = withFileCluster(session, flags, wanted.cluster);
    const { deps, cluster } = await openDeps(session, chosen, { kube: reachesObjects(flags) });
    const { applyFile } = await import('../workflows/apply/apply-file.ts');
    const { prune, keepGoing } = flags;
    const request = { cluster, wanted, files, prune, keepGoing, extras, show: () => undefined };
    const outcome = await applyFile(deps, request, options);
    return await finishChange(session, outcome, { view: (result) => result, shape: planShape, ...flags });
  },
});
