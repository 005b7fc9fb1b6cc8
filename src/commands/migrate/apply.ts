import { setMaxListeners } from 'node:events';
import { changeFlags, dryRunFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from '../../cli/flags/cluster-flags.ts';
import { rehearsalOf } from '../../cli/flags/exchange-flags.ts';
import { readPlanFile } from '../../cli/flags/read-source-files.ts';
import { withFileCluster } from '../../cli/flags/wanted-entries.ts';
import { movesExamples, movesShape, movesView } from '../../cli/migrate/apply-result.ts';
import {
  batchesOf,
  batchFlags,
  planMigrationInto,
  proofFlags,
  workloadFlags,
} from '../../cli/migrate/migration-flags.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { untilSteps } from '../../domain/migrate/apply/until.ts';
import { namespaceFilter } from '../../validate/flags/entry-key.ts';
import { workloadChoice } from '../../validate/flags/workload-choice.ts';

export const migrateApplyCommand = defineCommand({
  description:
    "Moves workloads from pod identity to Microsoft Entra Workload Identity, step by step, as far as --until. Asks first.\n\n- trusted: turns on the cluster's OIDC issuer and Workload Identity's webhook where they are off, makes the federated credentials, and proves them as podid migrate check does. No pod changes.\n- annotated: names the identity on the service account.\n- dual: gives the pods' template the label azure.workload.identity/use, beside aadpodidbinding, and waits for the new pods: one first, where the kind allows it.\n- moved: writes nothing, and says what the agents have seen.\n- cleaned: takes the label aadpodidbinding from the templates of those that have moved, and deletes each entry that no workload has any more, with the cluster's role on its identity.\n\nNo template gets the label before Entra has given the tokens. A workload stops at its first failed check and the others go on; those that stopped are listed with the reason, and the exit code is 8. Run the same command as often as you like, also after a run that was interrupted: what is done is not done again.\n\nYour own rights: those of podid migrate check; Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write on each identity; in the cluster patch of serviceaccounts and of the workloads, and list of deployments and mutatingwebhookconfigurations. For --until cleaned also those of podid delete.",
  examples: [
    {
      title: 'what it would do',
      line: 'podid migrate apply -g demo-rg -c demo --until dual --dry-run',
      needs: 'a cluster',
    },
    {
      title: 'trust for all workloads, with no pod changed',
      line: 'podid migrate apply -g demo-rg -c demo --until trusted --yes',
      needs: 'a cluster',
    },
    {
      title: 'the reviewed plan, five workloads at a time',
      line: 'podid migrate apply -f plan.yaml --until dual --batch 5 --pause 10m --yes',
      needs: 'a cluster',
    },
  ],
  wordsOf: 'workload',
  flags: {
    file: {
      kind: 'text',
      short: 'f',
      value: 'FILE',
      summary: 'only the workloads of the file that podid migrate plan --out wrote, or - for stdin',
    },
    ...workloadFlags,
    until: {
      kind: 'text',
      value: 'STATE',
      choices: untilSteps,
      default: 'moved',
      summary: 'how far to go',
    },
    ...batchFlags,
    ...proofFlags,
    force: {
      kind: 'switch',
      summary: 'take over annotations of service accounts that others own',
    },
    ...yesFlag,
    ...dryRunFlags,
    aksCustomHeaders: changeFlags.aksCustomHeaders,
    timeout: { ...waitFlags.timeout, summary: 'how long to wait for Azure, and for each rollout: 90s, 30m' },
    pollInterval: waitFlags.pollInterval,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => movesExamples,
  async run(flags, session) {
    const { faults } = session;
    const filter = namespaceFilter(flags.namespace, faults);
    const workloads = flags.workload?.map((text) => workloadChoice(text, faults));
    const rehearsal = rehearsalOf(flags, faults);
    const options = changeOptions(session, flags);
    const batches = batchesOf(flags, faults);
    const source = await readPlanFile(flags.file, session, planMigrationInto);
    const { parseMigrationFile } = await import('../../validate/files/migration/migration-file.ts');
    const file = source === undefined ? undefined : parseMigrationFile(source, faults);
    const { deps, cluster } = await openDeps(session, withFileCluster(session, flags, file?.cluster), {
      kube: true,
    });
    // One signal ends all workloads, which go side by side and listen to it.
    setMaxListeners(0);
    const { applyMigration } = await import('../../workflows/migrate/apply/apply-migration.ts');
    const until = untilSteps.find((each) => each === flags.until) ?? 'moved';
    const request = { cluster, ...filter, workloads, until, rehearsal, batches, sha256 };
    const outcome = await applyMigration(
      deps,
      { ...request, ...(file === undefined ? {} : { file }) },
      options,
    );
    return await finishChange(session, outcome, { view: movesView, shape: movesShape, ...flags });
  },
});
