import type { PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { sameEntry } from '../../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import { holdBefore, isHeld } from '../../../domain/migrate/apply/canary.ts';
import {
  type CleanedRecord,
  cleanedAnnotation,
  cleanedText,
} from '../../../domain/migrate/apply/cleaned-record.ts';
import type { LivePod, LiveWorkload } from '../../../domain/migrate/apply/migration-writes.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { useLabel } from '../../../domain/migrate/workload-identity-words.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice, command } from '../../../errors/hint.ts';
import { gone, liveOf } from './annotate-account.ts';
import { changeTemplate, type TemplateChange, waitForOwner } from './change-template.ts';
import { changedSince } from './changed-since.ts';
import { checkBeforeLabel } from './check-before-label.ts';
import type { Move, MoveDeps, MoveFailure } from './move.ts';
import { labelGone } from './stands-behind.ts';
import { mostPollMs, watchRollout } from './watch-rollout.ts';

/**
 * Takes the label of pod identity from the template of a workload that has moved, and writes down what it had, in the same
 * write: a rollback gives that back. Follows until every pod is one without the label, one pod first where the kind allows it.
 *
 * @param entries all of the cluster
 */
export async function cleanWorkload(
  deps: MoveDeps,
  move: Move,
  entries: readonly PodIdentity[],
): Promise<MoveFailure | undefined> {
  const live = await liveOf(deps, move);
  if (live === undefined) {
    return gone(move);
  }
  if (isBound(live)) {
    const failure =
      refuse(move, live) ??
      (await checkBeforeLabel(deps, live)) ??
      (await unbind(deps, move, recordOf(move, live, entries)));
    if (failure !== undefined) {
      return failure;
    }
  }
  const failure = await watchRollout(deps, move, isFree, async (seen) =>
    isUsing(seen.live) ? undefined : labelGone(move),
  );
  if (failure === undefined) {
    await untilPodsAreGone(deps, move);
    move.state = 'cleaned';
  }
  return failure;
}

async function unbind(deps: MoveDeps, move: Move, record: CleanedRecord): Promise<MoveFailure | undefined> {
  const written: TemplateChange = {
    change: { annotations: { [cleanedAnnotation]: cleanedText(record) } },
    besides: () => ({}),
    isDone: ({ annotations }) => annotations[cleanedAnnotation] === cleanedText(record),
    refuse: (live) => refuse(move, live),
  };
  const label: TemplateChange = {
    ...written,
    change: { templateLabels: { [bindingLabel]: null }, ...written.change },
    besides: (live) => (isHeld(live) ? {} : holdBefore(live)),
    isDone: (live) => !isBound(live),
  };
  if (move.workload.manager === undefined) {
    return await changeTemplate(deps, move, label);
  }
  // What it had is podid's to know; the template is others' to write.
  return (
    (await changeTemplate(deps, move, written)) ??
    (await waitForOwner(deps, move, {
      change: { templateLabels: { [bindingLabel]: null } },
      isDone: label.isDone,
    }))
  );
}

/** Entries of another namespace are not the workload's to bring back. */
function recordOf(
  { workload }: Move,
  { template }: LiveWorkload,
  entries: readonly PodIdentity[],
): CleanedRecord {
  const own = entries.filter(
    (entry) =>
      entry.namespace === workload.namespace && workload.identities.some((each) => sameEntry(each, entry)),
  );
  return {
    binding: template.labels[bindingLabel] ?? '',
    entries: own.map(({ namespace, name, bindingSelector, identity }) => ({
      namespace,
      name,
      selector: bindingSelector,
      identity: identity.resourceId,
    })),
  };
}

function isBound({ template }: Pick<LiveWorkload, 'template'>): boolean {
  return Object.hasOwn(template.labels, bindingLabel);
}

function isFree({ labels }: LivePod): boolean {
  return labels[useLabel] === 'true' && !Object.hasOwn(labels, bindingLabel);
}

function isUsing({ template }: Pick<LiveWorkload, 'template'>): boolean {
  return template.labels[useLabel] === 'true';
}

function refuse(move: Move, live: LiveWorkload): MoveFailure | undefined {
  if (!isUsing(live)) {
    return {
      code: 'Changed',
      message: `${workloadText(live)} has lost the label ${useLabel} meanwhile, so that its pods need pod identity. Its template was not changed.`,
      hint: advice`Look at what has changed: ${command('podid migrate plan')}`,
    };
  }
  return changedSince(move, live);
}

/** A pod that is ending asks until it is gone, and a run of a CronJob goes on as it began. */
async function untilPodsAreGone(deps: MoveDeps, move: Move): Promise<void> {
  const { api, clock, options, report, signal } = deps;
  const deadline = startDeadline(clock, options.timeoutMs, signal);
  const wait = {};
  for (;;) {
    const live = await liveOf(deps, move);
    const pods = live === undefined ? [] : await api.migrationWrites.podsOf(live, signal);
    const left = pods.filter(({ finished, labels }) => !finished && Object.hasOwn(labels, bindingLabel));
    if (live === undefined || left.length === 0) {
      return;
    }
    if (deadline.passed()) {
      move.waits = `${left.length === 1 ? 'One pod' : `${left.length} pods`} of before still run, with the label ${bindingLabel}.`;
      return;
    }
    report.progress(`${workloadText(live)}: ${left.length} pods of before still run`, { wait });
    await deadline.pause(Math.min(options.pollIntervalMs, mostPollMs));
  }
}
