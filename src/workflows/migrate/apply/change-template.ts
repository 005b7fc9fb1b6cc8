import type { LiveWorkload, WorkloadChange } from '../../../domain/migrate/apply/migration-writes.ts';
import { patchTemplate, workloadText } from '../../../domain/migrate/workload-commands.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice } from '../../../errors/hint.ts';
import { gone, liveOf } from './annotate-account.ts';
import type { Move, MoveDeps, MoveFailure } from './move.ts';

/** So many lost races in a row are not chance: something else keeps writing the object. */
const maxAttempts = 5;

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
