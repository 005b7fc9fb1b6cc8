import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import { holdBefore, isHeld } from '../../../domain/migrate/apply/canary.ts';
import type { LiveWorkload, WorkloadChange } from '../../../domain/migrate/apply/migration-writes.ts';
import { patchTemplate, workloadText } from '../../../domain/migrate/workload-commands.ts';
import { proxyAnnotation, useLabel } from '../../../domain/migrate/workload-identity-words.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice, command } from '../../../errors/hint.ts';
import { annotateAccount, gone, liveOf } from './annotate-account.ts';
import { checkBeforeLabel } from './check-before-label.ts';
import { isBefore, type Move, type MoveDeps, type MoveFailure } from './move.ts';
import { watchRollout } from './watch-rollout.ts';

/** So many lost races in a row are not chance: something else keeps writing the object. */
const maxAttempts = 5;

/**
 * Gives the pods the label by which they get their tokens from Entra, beside the one by which the agents serve them, and
 * follows until every pod has it. A template that has it already is not written.
 */
export async function labelTemplate(deps: MoveDeps, move: Move): Promise<MoveFailure | undefined> {
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
  if (!labelled(live)) {
    const failure =
      changedSince(move, live) ??
      (await checkBeforeLabel(deps, live)) ??
      // Who takes a workload of this account back may have given it back since.
      (await annotateAccount(deps, move)) ??
      (move.workload.manager === undefined
        ? await changeTemplate(deps, move, change)
        : await waitForOwner(deps, move, change));
    if (failure !== undefined) {
      return failure;
    }
  }
  move.state = isBefore(move.state, 'dual') ? 'dual' : move.state;
  return await watchRollout(deps, move);
}

export function isLabelled({ template }: LiveWorkload, isProxied: boolean): boolean {
  return (
    template.labels[useLabel] === 'true' &&
    (!isProxied || Object.hasOwn(template.annotations, proxyAnnotation))
  );
}

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

function labelChange(isProxied: boolean): WorkloadChange {
  return {
    templateLabels: { [useLabel]: 'true' },
    ...(isProxied ? { templateAnnotations: { [proxyAnnotation]: 'true' } } : {}),
  };
}

/** What is to be changed of a template, and how one sees that it is. */
export interface TemplateChange {
  readonly change: WorkloadChange;
  /** What of its rollout is to be held, or let go, by the same write. */
  readonly besides: (live: LiveWorkload) => WorkloadChange;
  readonly isDone: (live: LiveWorkload) => boolean;
  /** Why the version that was read is not to be changed. */
  readonly refuse?: (live: LiveWorkload) => MoveFailure | undefined;
}

/** Writes over the version that was read; one that somebody else changed meanwhile is read, and decided upon, anew. */
export async function changeTemplate(
  deps: MoveDeps,
  move: Move,
  { change, besides, isDone, refuse }: TemplateChange,
): Promise<MoveFailure | undefined> {
  const { api, report, signal } = deps;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const live = await liveOf(deps, move);
    if (live === undefined) {
      return gone(move);
    }
    if (isDone(live)) {
      if (attempt > 0) {
        report.note(`${workloadText(live)}: somebody else has made the same change meanwhile.`);
      }
      return undefined;
    }
    const refused = refuse?.(live);
    if (refused !== undefined) {
      return refused;
    }
    const written = await api.migrationWrites.change(live, both(besides(live), change), signal);
    if (written !== 'conflict') {
      move.wrote.push(...changeTexts(live, change));
      return undefined;
    }
  }
  return {
    code: 'StaleCluster',
    message: `${move.workload.kind} ${move.workload.namespace}/${move.workload.name} was changed by others between reading and writing, at every attempt.`,
    hint: advice`Run the same command again.`,
  };
}

function both(one: WorkloadChange, other: WorkloadChange): WorkloadChange {
  const annotations = { ...one.annotations, ...other.annotations };
  return { ...one, ...other, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
}

/** Annotations of the workload are podid's own notes. */
function changeTexts(live: LiveWorkload, { templateLabels = {} }: WorkloadChange): readonly string[] {
  const labels = Object.entries(templateLabels).map(([name, value]) =>
    value === null ? `without ${name}` : `${name}: ${value}`,
  );
  return labels.length === 0 ? [] : [`template of ${workloadText(live)}: ${labels.join(', ')}`];
}

const ownerNames = { helm: 'Helm', argo: 'Argo CD', flux: 'Flux' } as const;

/** What somebody's repository has is not written past it: it is told, and waited for. */
export async function waitForOwner(
  deps: MoveDeps,
  move: Move,
  { change, isDone }: Pick<TemplateChange, 'change' | 'isDone'>,
): Promise<MoveFailure | undefined> {
  const { report, clock, options, signal } = deps;
  const { workload } = move;
  const { manager } = workload;
  const who = `${ownerNames[manager?.kind ?? 'helm']}${manager?.name ? ` (${manager.name})` : ''}`;
  const { templateLabels = {}, templateAnnotations } = change;
  const metadata = {
    labels: templateLabels,
    ...(templateAnnotations === undefined ? {} : { annotations: templateAnnotations }),
  };
  const patch = patchTemplate(workload, { metadata });
  report.warn(
    `${workloadText(workload)} is written by ${who}, which would put back what podid changes.`,
    advice`Make this change where it is kept: ${patch}`,
  );
  const deadline = startDeadline(clock, options.timeoutMs, signal);
  for (;;) {
    const live = await liveOf(deps, move);
    if (live === undefined) {
      return gone(move);
    }
    if (isDone(live)) {
      return undefined;
    }
    if (deadline.passed()) {
      return {
        code: 'GitOps',
        message: `${workloadText(workload)} is written by ${who}, and the change is not in the cluster after ${options.timeoutMs / 1000} s (--timeout).`,
        hint: advice`Make it where it is kept, and run the same command again; the change: ${patch}`,
      };
    }
    report.progress(`Waiting for ${who} to change ${workloadText(workload)}`);
    await deadline.pause(options.pollIntervalMs);
  }
}
