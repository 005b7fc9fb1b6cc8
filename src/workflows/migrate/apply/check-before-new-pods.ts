import { selectsLabels } from '../../../domain/kubernetes/network-policy.ts';
import type { LiveWorkload } from '../../../domain/migrate/apply/migration-writes.ts';
import { resourceWord, workloadText } from '../../../domain/migrate/workload-commands.ts';
import { advice, command } from '../../../errors/hint.ts';
import type { MoveDeps, MoveFailure } from './move.ts';

export function pausedFailure(live: LiveWorkload): MoveFailure | undefined {
  const word = resourceWord(live);
  return live.paused
    ? {
        code: 'Paused',
        message: `${workloadText(live)} is paused, so that a change of its template makes no pods.`,
        hint: advice`${command('kubectl rollout resume', `${word}/${live.name}`, '-n', live.namespace)}`,
      }
    : undefined;
}

/** A rollout asks no budget, so podid does. A run of a CronJob is not cut short by it. */
export async function budgetFailure(
  { api, signal }: MoveDeps,
  live: LiveWorkload,
): Promise<MoveFailure | undefined> {
  if (live.kind === 'CronJob' || live.replicas === 0) {
    return undefined;
  }
  const budgets = await api.migration.disruptionBudgets(live.namespace, signal);
  const closed = budgets.find(
    ({ selector, allowed }) => allowed < 1 && selectsLabels(selector, live.template.labels),
  );
  return closed === undefined
    ? undefined
    : {
        code: 'NoDisruption',
        message: `PodDisruptionBudget ${closed.namespace}/${closed.name} lets no pod of ${workloadText(live)} go at this moment.`,
        hint: advice`${command('kubectl get poddisruptionbudget', closed.name, '-n', closed.namespace)}`,
      };
}
