import { holdBefore, isHeld } from '../../../domain/migrate/apply/canary.ts';
import type { LiveWorkload, WorkloadChange } from '../../../domain/migrate/apply/migration-writes.ts';
import { proxyAnnotation, useLabel } from '../../../domain/migrate/workload-identity-words.ts';
import { annotateAccount, gone, liveOf } from './annotate-account.ts';
import { changeTemplate, type TemplateChange, waitForOwner } from './change-template.ts';
import { changedSince } from './changed-since.ts';
import { checkBeforeLabel } from './check-before-label.ts';
import { isBefore, type Move, type MoveDeps, type MoveFailure } from './move.ts';
import { labelGone, missingBehind, takeLabelBack, takenAway, withoutIdentity } from './stands-behind.ts';
import { isLabelledPod, type Seen, watchRollout } from './watch-rollout.ts';

/**
 * Gives the pods the label by which they get their tokens from Entra, beside the one by which the agents serve them, and
 * follows until every pod has it. A template that has it already is not written.
 *
 * @param issuer of the cluster, to the letter; known wherever a template lacks the label
 */
export async function labelTemplate(
  deps: MoveDeps,
  move: Move,
  issuer = '',
): Promise<MoveFailure | undefined> {
  const isProxied = move.workload.route === 'proxy';
  const labelled = (live: LiveWorkload) => isLabelled(live, isProxied);
  const change: TemplateChange = {
    change: labelChange(isProxied),
    besides: (live) => (isHeld(live) ? {} : holdBefore(live)),
    isDone: labelled,
    refuse: (live) => changedSince(move, live),
  };
  const live = await liveOf(deps, move);
  if (live === undefined) {
    return gone(move);
  }
  const isNew = !labelled(live);
  if (isNew) {
    const failure =
      changedSince(move, live) ??
      (await checkBeforeLabel(deps, live)) ??
      // Who takes a workload of this account back may have given it back since.
      (await annotateAccount(deps, move)) ??
      (await unlessMissing(deps, move, issuer)) ??
      (move.workload.manager === undefined
        ? await changeTemplate(deps, move, change)
        : await waitForOwner(deps, move, change));
    if (failure !== undefined) {
      return failure;
    }
    const missing = await missingBehind(deps, move, issuer);
    if (missing !== undefined) {
      return await takeLabelBack(deps, move, `Somebody has taken ${missing} away meanwhile.`);
    }
  }
  move.state = isBefore(move.state, 'dual') ? 'dual' : move.state;
  return await watchRollout(deps, move, isLabelledPod, async (seen) => {
    if (seen.live.template.labels[useLabel] !== 'true') {
      return labelGone(move);
    }
    return isNew || isHeld(seen.live) ? await unlessNamed(deps, move, seen) : undefined;
  });
}

async function unlessMissing(deps: MoveDeps, move: Move, issuer: string): Promise<MoveFailure | undefined> {
  const missing = await missingBehind(deps, move, issuer);
  return missing === undefined ? undefined : takenAway(move, missing);
}

/** Of pods that this migration has brought about: those that others labelled may name their identity in their code. */
async function unlessNamed(deps: MoveDeps, move: Move, { fresh }: Seen): Promise<MoveFailure | undefined> {
  const pod = withoutIdentity(fresh);
  return pod === undefined
    ? undefined
    : await takeLabelBack(
        deps,
        move,
        `Pod ${pod.namespace}/${pod.name} was made while its service account named no identity, and has no AZURE_CLIENT_ID.`,
      );
}

export function isLabelled({ template }: LiveWorkload, isProxied: boolean): boolean {
  return (
    template.labels[useLabel] === 'true' &&
    (!isProxied || Object.hasOwn(template.annotations, proxyAnnotation))
  );
}

function labelChange(isProxied: boolean): WorkloadChange {
  return {
    templateLabels: { [useLabel]: 'true' },
    ...(isProxied ? { templateAnnotations: { [proxyAnnotation]: 'true' } } : {}),
  };
}
