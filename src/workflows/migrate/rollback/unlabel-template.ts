import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import { isHeld, release } from '../../../domain/migrate/apply/canary.ts';
import { cleanedAnnotation } from '../../../domain/migrate/apply/cleaned-record.ts';
import type { LiveWorkload, WorkloadChange } from '../../../domain/migrate/apply/migration-writes.ts';
import type { ReadWorkload } from '../../../domain/migrate/read-workload.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { proxyAnnotation, useLabel } from '../../../domain/migrate/workload-identity-words.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice } from '../../../errors/hint.ts';
import { gone, liveOf } from '../apply/annotate-account.ts';
import { changeTemplate, type TemplateChange, waitForOwner } from '../apply/change-template.ts';
import { budgetFailure, pausedFailure } from '../apply/check-before-new-pods.ts';
import type { Move, MoveDeps, MoveFailure } from '../apply/move.ts';
import { look, mostPollMs } from '../apply/watch-rollout.ts';
import { restoreEntries } from './restore-entries.ts';

/**
 * Takes the label from the template, lets go what podid held of its rollout, and waits until no pod has the label. What it had
 * is looked at once more before the note of it goes: who cleaned it at the same time may have deleted an entry since.
 */
export async function unlabelTemplate(
  deps: MoveDeps,
  move: Move,
  known: Parameters<typeof restoreEntries>[2],
): Promise<MoveFailure | undefined> {
  const live = await liveOf(deps, move);
  if (live === undefined) {
    return gone(move);
  }
  const change: TemplateChange = {
    change: withoutLabel(live),
    besides: (found) => (isHeld(found) ? release(found) : {}),
    isDone: isBack,
  };
  if (!change.isDone(live)) {
    const isOthers = move.workload.manager !== undefined && !isHeld(live);
    const failure =
      (await checkBeforeReturn(deps, live)) ??
      (isOthers ? await waitForOwner(deps, move, change) : await changeTemplate(deps, move, change));
    if (failure !== undefined) {
      return failure;
    }
  }
  return (
    (await watchReturn(deps, move)) ??
    (await restoreEntries(deps, move, known)) ??
    (await forgetCleaning(deps, move))
  );
}

/** Whether a migration has left nothing on it that its pods or its rollout go by. */
export function isBack(found: ReadWorkload): boolean {
  return !isLabelled(found) && !isHeld(found) && lostBinding(found) === undefined;
}

/** The label of pod identity that podid took from it, and that is to come back. */
export function lostBinding({ template, cleaned }: ReadWorkload): string | undefined {
  return Object.hasOwn(template.labels, bindingLabel) ? undefined : cleaned?.binding;
}

/**
 * As before the label, but for what a migration itself has brought about: a hold of podid's is let go by the same write,
 * and where pods with the label do not become ready, a budget that they have used up would keep them from what mends them.
 */
async function checkBeforeReturn(deps: MoveDeps, live: LiveWorkload): Promise<MoveFailure | undefined> {
  if (isHeld(live)) {
    return undefined;
  }
  const paused = pausedFailure(live);
  const closed = paused === undefined ? await budgetFailure(deps, live) : undefined;
  if (closed === undefined) {
    return paused;
  }
  const pods = await deps.api.migrationWrites.podsOf(live, deps.signal);
  const ailing = pods.some((pod) => pod.labels[useLabel] === 'true' && !pod.ready && !pod.ending);
  return ailing ? undefined : closed;
}

async function forgetCleaning(deps: MoveDeps, move: Move): Promise<MoveFailure | undefined> {
  return await changeTemplate(deps, move, {
    change: { annotations: { [cleanedAnnotation]: null } },
    besides: () => ({}),
    isDone: ({ annotations }) => !Object.hasOwn(annotations, cleanedAnnotation),
  });
}

export function isLabelled({ template }: ReadWorkload): boolean {
  return Object.hasOwn(template.labels, useLabel);
}

function withoutLabel(live: LiveWorkload): WorkloadChange {
  const { template } = live;
  const binding = lostBinding(live);
  return {
    templateLabels: {
      ...(Object.hasOwn(template.labels, useLabel) ? { [useLabel]: null } : {}),
      ...(binding === undefined ? {} : { [bindingLabel]: binding }),
    },
    ...(Object.hasOwn(template.annotations, proxyAnnotation)
      ? { templateAnnotations: { [proxyAnnotation]: null } }
      : {}),
  };
}

async function watchReturn(deps: MoveDeps, move: Move): Promise<MoveFailure | undefined> {
  const { clock, options, report, signal } = deps;
  const deadline = startDeadline(clock, options.timeoutMs, signal);
  const wait = {};
  for (;;) {
    const seen = await look(deps, move, deadline);
    if (seen === 'gone') {
      return gone(move);
    }
    if (seen !== 'away') {
      const { live, fresh } = seen;
      // A run of a CronJob ends by itself, with the token that it began with.
      if (live.rollout.done && (fresh.length === 0 || live.kind === 'CronJob')) {
        return undefined;
      }
      if (deadline.passed()) {
        return {
          code: 'TimedOut',
          message: `${workloadText(live)} still has ${fresh.length} pods with the label after ${options.timeoutMs / 1000} s (--timeout).`,
          hint: advice`The same command goes on waiting.`,
        };
      }
      report.progress(`${workloadText(live)}: ${fresh.length} pods still have the label`, { wait });
    }
    await deadline.pause(Math.min(options.pollIntervalMs, mostPollMs));
  }
}
