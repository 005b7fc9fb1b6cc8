import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import { canBeHeld, heldAnnotation, holdNow, isHeld, release } from '../../../domain/migrate/apply/canary.ts';
import type { LivePod, LiveWorkload } from '../../../domain/migrate/apply/migration-writes.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { exchangeAudience, useLabel } from '../../../domain/migrate/workload-identity-words.ts';
import { type Deadline, startDeadline } from '../../../domain/time/deadline.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import { gone, liveOf } from './annotate-account.ts';
import type { Move, MoveDeps, MoveFailure } from './move.ts';

/** A first new pod is to be seen before the next ones are made. */
export const mostPollMs = 1_000;

/** Whether a pod is one of the template as podid has changed it. */
export type IsFresh = (pod: LivePod) => boolean;

/** Why a rollout is not to be followed further; asked at each look. */
export type StopRollout = (seen: Seen) => Promise<MoveFailure | undefined>;

/**
 * Follows a rollout to its end. The first new pod is looked at before others follow where the kind allows it; a new pod
 * that the webhook has not given a token holds the rest back.
 */
export async function watchRollout(
  deps: MoveDeps,
  move: Move,
  isFresh: IsFresh,
  stop: StopRollout = async () => undefined,
): Promise<MoveFailure | undefined> {
  const { api, clock, options, report, signal } = deps;
  const deadline = startDeadline(clock, options.timeoutMs, signal);
  const wait = {};
  // What others write from elsewhere is theirs to hold.
  const mayHold = (live: LiveWorkload) => move.workload.manager === undefined && canBeHeld(live);
  for (;;) {
    const seen = await look(deps, move, deadline, isFresh);
    if (seen === 'gone') {
      return gone(move);
    }
    if (seen !== 'away') {
      const { live, fresh, old } = seen;
      const stopped = await stop(seen);
      if (stopped !== undefined) {
        return stopped;
      }
      const bare = fresh.find((pod) => !hasToken(pod));
      if (bare !== undefined) {
        let held = isHeld(live);
        if (mayHold(live) && !live.paused && !live.rollout.done) {
          const written = await api.migrationWrites.change(live, holdNow(live), signal);
          if (written === 'conflict' && !deadline.passed()) {
            // Its controller wrote its status meanwhile: the next pod is not to follow for that.
            continue;
          }
          held = written !== 'conflict';
        }
        return withoutToken(live, bare, held);
      }
      const isProved = fresh.some(({ ready }) => ready);
      // One that was scaled to nothing meanwhile has no pod that could prove anything.
      const isEmpty = live.rollout.done && fresh.length + old.length === 0;
      if (isHeld(live) && (isProved || isEmpty)) {
        await api.migrationWrites.change(live, release(live), signal);
        continue;
      }
      // What its controller counts may be of the template before.
      if (live.rollout.done && !isHeld(live) && (old.length === 0 || live.partition > 0)) {
        return undefined;
      }
      if (!live.paused && !isProved && fresh.length > 0 && mayHold(live)) {
        await api.migrationWrites.change(live, holdNow(live), signal);
      }
      if (deadline.passed()) {
        return unfinished(live, options.timeoutMs);
      }
      report.progress(
        `${workloadText(live)}: ${live.rollout.updated} of ${live.rollout.wanted} pods are new`,
        { wait },
      );
    }
    await deadline.pause(Math.min(options.pollIntervalMs, mostPollMs));
  }
}

/** A workload and its pods at one moment. */
export interface Seen {
  readonly live: LiveWorkload;
  /** Those of the template as it was changed, and that stay. */
  readonly fresh: readonly LivePod[];
  /** The others that stay; a run of a CronJob ends by itself. */
  readonly old: readonly LivePod[];
}

/** An API server that is away for a moment says nothing about the rollout. */
export async function look(
  deps: MoveDeps,
  move: Move,
  deadline: Deadline,
  isFresh: IsFresh = isLabelledPod,
): Promise<Seen | 'gone' | 'away'> {
  const { api, signal } = deps;
  try {
    const live = await liveOf(deps, move);
    if (live === undefined) {
      return 'gone';
    }
    const pods = (await api.migrationWrites.podsOf(live, signal)).filter(isStaying);
    const fresh = pods.filter(isFresh);
    const old = live.kind === 'CronJob' ? [] : pods.filter((pod) => !isFresh(pod));
    return { live, fresh, old };
  } catch (error) {
    signal.throwIfAborted();
    if (!isPodidError(error, 'ClusterUnreachable') || deadline.passed()) {
      throw error;
    }
    return 'away';
  }
}

function isStaying({ ending, finished }: LivePod): boolean {
  return !ending && !finished;
}

export function isLabelledPod({ labels }: LivePod): boolean {
  return labels[useLabel] === 'true';
}

/** What the webhook adds: the variable, and the volume with a token for Entra, under whatever name and path. */
function hasToken(pod: LivePod): boolean {
  return namesFile(pod) && mountsToken(pod);
}

function namesFile({ template }: LivePod): boolean {
  return template.variables.some(({ name }) => name === tokenFile);
}

function mountsToken({ template }: LivePod): boolean {
  return template.audiences.includes(exchangeAudience);
}

const tokenFile = 'AZURE_FEDERATED_TOKEN_FILE';

/** @param held podid holds its rollout */
function withoutToken(live: LiveWorkload, pod: LivePod, held: boolean): MoveFailure {
  const { kind, namespace, name } = live;
  const how = kind === 'Deployment' ? 'paused' : 'at its partition';
  const left = held
    ? ` ${workloadText(live)} is left ${how} (annotation ${heldAnnotation}), so that no other pod follows.`
    : '';
  const anew = command('kubectl delete pod', pod.name, '-n', namespace);
  const back = command('podid migrate rollback --workload', `${kind}/${name}`, '--namespace', namespace);
  return {
    code: 'PodWithoutToken',
    message: `Pod ${pod.namespace}/${pod.name} has the label, and ${lackText(pod)}${left}`,
    hint: advice`Look at the webhook's pods. Once they are mended, have this pod made anew: ${anew}; go on: ${command('podid migrate apply').again()}; back: ${back}`,
  };
}

/** Without the variable the libraries ask the agent; with it they look for the file, and ask nobody else. */
function lackText(pod: LivePod): string {
  if (namesFile(pod)) {
    return `${tokenFile}, and no token for ${exchangeAudience}: its libraries look for the token, and not for the agent.`;
  }
  const lack = mountsToken(pod)
    ? `a token for ${exchangeAudience}, and no ${tokenFile}`
    : `the webhook gave it neither ${tokenFile} nor a token for ${exchangeAudience}`;
  return `${lack}. ${isServed(pod) ? 'It is served by the agent as before.' : `Nor does the agent serve it, for it has no label ${bindingLabel}.`}`;
}

function isServed({ labels }: LivePod): boolean {
  return Object.hasOwn(labels, bindingLabel);
}

function unfinished(live: LiveWorkload, timeoutMs: number): MoveFailure {
  const { updated, wanted, stuck } = live.rollout;
  const why = stuck === undefined ? '' : ` Its controller says: ${stuck}`;
  return {
    code: 'TimedOut',
    message: `${workloadText(live)} has ${updated} of ${wanted} new pods ready or on their way after ${timeoutMs / 1000} s (--timeout).${why}`,
    hint: advice`The same command goes on waiting; back: ${command('podid migrate rollback --workload', `${live.kind}/${live.name}`, '--namespace', live.namespace)}`,
  };
}
