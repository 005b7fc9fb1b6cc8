import { setMaxListeners } from 'node:events';
import { dryRunFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from '../../cli/flags/cluster-flags.ts';
import { movesExamples, movesShape, movesView } from '../../cli/migrate/apply-result.ts';
import { batchesOf, batchFlags, workloadFlags } from '../../cli/migrate/migration-flags.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { namespaceFilter } from '../../validate/flags/entry-key.ts';
import { workloadChoice } from '../../validate/flags/workload-choice.ts';

export const migrateRollbackCommand = defineCommand({
  description:
    'Takes workloads back to pod identity, from every state of podid migrate apply. Asks first.\n\nMakes the entries again that --until cleaned has deleted, as long as their identities trust the service account; takes the label from the template and waits until no pod has it; puts the annotation of the service account back as it was, unless other workloads with the label run as that account. No pods are replaced while a PodDisruptionBudget lets none go, unless pods with the label are not ready, nor of a Deployment that is paused.\n\nThe federated credentials stay for the next try. --revoke-trust deletes those that podid made.',
  examples: [
    {
      title: 'one workload',
      line: 'podid migrate rollback -g demo-rg -c demo --namespace demo --workload deployment/web --yes',
      needs: 'a cluster',
    },
    {
      title: 'and let the identity trust its account no longer',
      line: 'podid migrate rollback -g demo-rg -c demo --workload deployment/web --revoke-trust --yes',
      needs: 'a cluster',
    },
  ],
  wordsOf: 'workload',
  flags: {
    namespace: workloadFlags.namespace,
    workload: {
      kind: 'list',
      value: 'KIND/NAME',
      required: true,
      summary: 'these workloads: deployment/web cronjob/nightly',
    },
    revokeTrust: {
      kind: 'switch',
      summary: 'also delete the federated credentials that podid made for them',
    },
    ...batchFlags,
    ...yesFlag,
    ...dryRunFlags,
    timeout: { ...waitFlags.timeout, summary: 'how long to wait for each rollout: 90s, 30m' },
    pollInterval: waitFlags.pollInterval,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => movesExamples,
  async run(flags, session) {
    const filter = namespaceFilter(flags.namespace, session.faults);
    const workloads = (flags.workload ?? []).map((text) => workloadChoice(text, session.faults));
    const batches = batchesOf(flags, session.faults);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    // One signal ends all workloads, which go side by side and listen to it.
    setMaxListeners(0);
    const { rollbackMigration } = await import('../../workflows/migrate/rollback/rollback-migration.ts');
    const { revokeTrust } = flags;
    const request = { cluster, ...filter, workloads, revokeTrust, batches, sha256 };
    const outcome = await rollbackMigration(deps, request, options);
    return await finishChange(session, outcome, { view: movesView, shape: movesShape, ...flags });
  },
});
