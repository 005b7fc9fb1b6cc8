import type { PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { annotateAccount } from './annotate-account.ts';
import { cleanWorkload } from './clean-workload.ts';
import { labelTemplate } from './label-template.ts';
import { hasMoved, isBefore, type Move, type MoveDeps, reaches, step } from './move.ts';
import { watchedFromNowText, watchedText } from './watched.ts';

export interface Batches {
  readonly size: number;
  /** Between two batches, of which the first one changed pods. */
  readonly pauseMs: number;
}

interface Known {
  /** All of the cluster, where workloads are to lose theirs. */
  readonly entries: readonly PodIdentity[];
  /** Of the cluster, to the letter; undefined where it has none, or nobody knows it. */
  readonly issuer: string | undefined;
}

/** Takes workloads from trust to their new pods. */
export async function moveInBatches(
  deps: MoveDeps,
  moves: readonly Move[],
  { entries, issuer, ...batches }: Batches & Known,
): Promise<void> {
  const going = moves.filter((move) => move.failure === undefined && isGoing(move, deps));
  await inBatches(deps, going, batches, (move) => moveOn(deps, move, { entries, issuer }));
}

/** So many workloads at a time get new pods; one that stops holds no other back. */
export async function inBatches(
  deps: Pick<MoveDeps, 'clock' | 'report' | 'signal'>,
  going: readonly Move[],
  { size, pauseMs }: Batches,
  work: (move: Move) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < going.length; at += size) {
    const batch = going.slice(at, at + size);
    const before = batch.map(({ wrote }) => wrote.length);
    await eachConcurrently(batch, work, size);
    const changed = batch.some(({ wrote }, index) => wrote.length > (before[index] ?? 0));
    if (changed && at + size < going.length && pauseMs > 0) {
      deps.report.progress(`${Math.min(at + size, going.length)} of ${going.length} workloads; pausing`, {
        wait: { usually: `${Math.ceil(pauseMs / 1000)} s` },
      });
      await deps.clock.sleep(pauseMs, deps.signal);
    }
  }
}

/** One that was cleaned may have been left with pods of before. */
function isGoing({ state, workload }: Move, { until }: MoveDeps): boolean {
  return (
    isBefore(state, 'cleaned') ||
    (until === 'cleaned' && state === 'cleaned' && workload.cleaned !== undefined)
  );
}

async function moveOn(deps: MoveDeps, move: Move, { entries, issuer }: Known): Promise<void> {
  const { until } = deps;
  const isFresh = isBefore(move.state, 'dual');
  if (isBefore(move.state, 'annotated')) {
    await step(deps, move, () => annotateAccount(deps, move));
  }
  if (reaches(until, 'dual') && isBefore(move.state, 'moved')) {
    await step(deps, move, () => labelTemplate(deps, move, issuer));
  }
  if (reaches(until, 'moved') && move.state === 'dual' && move.failure === undefined) {
    const { silence } = move.workload;
    // What the agents saw was read before its new pods were there.
    move.waits = isFresh || silence === undefined ? watchedFromNowText : watchedText(silence);
  }
  if (reaches(until, 'cleaned') && hasMoved(move.state)) {
    await step(deps, move, () => cleanWorkload(deps, move, entries));
  }
}
