import { changeFlags, roleFlag, yesFlag } from '../cli/flags/change-flags.ts';
import { fileFlag, identityExtraFlags, pruneFlags } from '../cli/flags/file-flags.ts';
import { modeFlags } from '../cli/flags/mode-flags.ts';
import { readWantedEntries, withFileCluster } from '../cli/flags/wanted-entries.ts';
import { changeOptions, identityExtras, reachesObjects } from '../cli/open/change-options.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { applyShape, applyView } from '../cli/results/apply-result.ts';
import { finishChange } from '../cli/results/finish.ts';
import { planText } from '../cli/results/plan-text.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import type { Plan } from '../workflows/change/outcome.ts';

export const applyCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).applied,
  description:
    "Adds and updates all pod identities and exceptions of the files in one change of the cluster, however many there are; an entry that gets another managed identity needs a second change. It shows the plan first. It asks before it deletes (with --prune) or replaces anything; additions and updates need no confirmation.\n\nThe same command again changes nothing, and continues where an earlier run was interrupted. The files' own cluster is used unless flags name another. With --mode cluster each scale set gets all new identities in one change, before the objects are written. docs/apply.md describes the file.",
  examples: [
    { title: 'everything in a file', line: 'podid apply -g demo-rg -c demo -f pod-identities.yaml' },
    {
      title: 'in CI, deleting what the folder does not name',
      line: 'podid apply -g demo-rg -c demo -f pod-identities/ --prune --yes',
    },
  ],
  flags: {
    ...fileFlag,
    ...pruneFlags,
    ...yesFlag,
    ...identityExtraFlags,
    ...roleFlag,
    ...changeFlags,
    ...modeFlags,
  },
  async run(flags, session) {
    const files = flags.file ?? [];
    const wanted = await readWantedEntries(session, files, flags);
    const extras = identityExtras(flags, session.faults);
    const options = changeOptions(session, flags);
    const chosen = withFileCluster(session, flags, wanted.cluster);
    const { deps, cluster } = await openDeps(session, chosen, {
      kube: reachesObjects(flags),
      confirm: { stdinIsRead: files.includes('-') },
    });
    const { applyFile } = await import('../workflows/apply/apply-file.ts');
    const { prune, keepGoing } = flags;
    const show = (plan: Plan) => session.log(planText(plan, session.colour));
    const request = { cluster, wanted, files, prune, keepGoing, extras, show };
    const outcome = await applyFile(deps, request, options);
    return await finishChange(session, outcome, { view: applyView, shape: applyShape, ...flags });
  },
});
