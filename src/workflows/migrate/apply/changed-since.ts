import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { LiveWorkload } from '../../../domain/migrate/apply/migration-writes.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { advice, command } from '../../../errors/hint.ts';
import type { Move, MoveFailure } from './move.ts';

/** What was proved holds for this very object, with this service account and these identities. */
export function changedSince({ workload }: Move, live: LiveWorkload): MoveFailure | undefined {
  const { template, uid } = live;
  const differing = [
    { what: 'service account', planned: workload.serviceAccount, now: template.serviceAccount },
    { what: `label ${bindingLabel}`, planned: workload.binding, now: template.labels[bindingLabel] },
    { what: 'uid', planned: workload.uid ?? uid, now: uid },
  ].find(({ planned, now }) => planned !== now);
  return differing === undefined
    ? undefined
    : {
        code: 'Changed',
        message: `${workloadText(live)} was changed meanwhile: its ${differing.what} is ${differing.now ?? 'gone'}, and was ${differing.planned ?? 'none'} when it was planned. Its template was not changed.`,
        hint: advice`Look at what has changed: ${command('podid migrate plan')}`,
      };
}
