import { leftOutReasons } from '../../domain/kubernetes/object-limits.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { MicView } from '../cluster/mic-view.ts';
import type { ViewRelay } from '../control.ts';
import { stateOf } from '../decide/diff-assignments.ts';
import type { Election } from '../lead/election.ts';
import type { MachineWorker } from '../machines/machine-worker.ts';

export interface GaugeSources {
  readonly relay: Pick<ViewRelay, 'working'>;
  readonly election: Pick<Election, 'isLeader'>;
  readonly view: Pick<MicView, 'live' | 'leftOut'>;
  readonly clock: Pick<Clock, 'now'>;
}

const states: readonly string[] = ['Created', 'Assigned', 'Unassigned'];
/** The state is a text that whoever may write one chooses. */
const otherState = 'other';

/** Numbers that are read at each scrape. What only the leader knows is left out by all others. */
export function stateGauges(metrics: Metrics, { relay, election, view, clock }: GaugeSources): void {
  metrics.gauge({ name: 'podid_mic_leader', help: '1 on the instance that leads' }, () => [
    [{}, election.isLeader ? 1 : 0],
  ]);
  metrics.gauge(
    { name: 'podid_mic_assignments', help: 'AzureAssignedIdentities by state', labels: ['state'] },
    () => {
      const counts = new Map([...states, otherState].map((state) => [state, 0]));
      for (const each of view.live.values()) {
        const said = stateOf(each);
        const state = states.includes(said) ? said : otherState;
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      return [...counts].map(([state, count]) => [{ state }, count] as const);
    },
  );
  metrics.gauge(
    {
      name: 'podid_mic_oldest_created_seconds',
      help: 'Age of the oldest AzureAssignedIdentity whose identity is not on its machine; 0 when there is none',
    },
    () => {
      const created = [...view.live.values()].filter((each) => stateOf(each) === 'Created');
      const oldest = created.reduce((time, { metadata }) => {
        const own = Date.parse(metadata.creationTimestamp ?? '');
        return Number.isNaN(own) ? time : Math.min(time, own);
      }, Number.POSITIVE_INFINITY);
      return [[{}, Number.isFinite(oldest) ? Math.max(0, (clock.now() - oldest) / 1000) : 0]];
    },
  );
  metrics.gauge(
    {
      name: 'podid_mic_objects_left_out',
      help: 'Objects beyond the limits of the controller, and so unknown to it',
      labels: ['resource', 'reason'],
    },
    () =>
      view
        .leftOut()
        .flatMap(([resource, counts]) =>
          leftOutReasons.map((reason) => [{ resource, reason }, counts[reason]] as const),
        ),
  );
  metrics.gauge(
    { name: 'podid_mic_machines_busy', help: 'Machines on which an operation runs that podid waits for' },
    () => workers(relay, (all) => all.filter(({ memory }) => memory.isBusy).length),
  );
  metrics.gauge(
    { name: 'podid_mic_machines_in_trouble', help: 'Machines that podid cannot change at the moment' },
    () => workers(relay, (all) => all.filter(({ memory }) => memory.trouble !== undefined).length),
  );
  metrics.gauge(
    { name: 'podid_mic_identities_refused', help: 'Identities that Azure does not put on machines' },
    () => workers(relay, (all) => all.reduce((sum, { memory }) => sum + memory.refused.size, 0)),
  );
}

function workers(
  { working }: Pick<ViewRelay, 'working'>,
  count: (all: readonly MachineWorker[]) => number,
): [Record<string, never>, number][] {
  return working === undefined ? [] : [[{}, count([...working.fleet.workers.values()])]];
}
