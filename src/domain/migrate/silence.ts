import type { MigrationFacts } from './migration-facts.ts';
import type { ReadPod } from './read-workload.ts';
import { type AskingWorkload, isHeard, type SeenRecord, usesOf, watchedSince } from './seen.ts';
import { useLabel } from './workload-identity-words.ts';

/** Whether a workload has left pod identity, by what the agents saw of its pods. */
export type Silence =
  /** None of its pods has asked for long enough: it has moved. */
  | { readonly kind: 'silent'; readonly since: string }
  /** Watched for too short a time: since when, RFC 3339, and how long that is. */
  | { readonly kind: 'watched'; readonly since: string; readonly forMs: number }
  /** It still asks, or did less than a day ago: when, RFC 3339. */
  | { readonly kind: 'asked'; readonly lastAsked: string }
  /**
   * Nobody can tell; why, without a full stop. `since` where the agents have seen nothing of it since then, RFC 3339: of
   * pods without the label that says nothing.
   */
  | { readonly kind: 'unknown'; readonly why: string; readonly since?: string };

/** So long no agent must have been asked before a workload counts as moved. */
export const silentMs = 24 * 60 * 60 * 1000;

/**
 * Whether no pod of a workload has asked an agent for a token for a day, or, of a CronJob, in one whole run with the label.
 * An agent's record is as old as the agent, so that a day takes a day of record on every node that has one of its pods; a pod
 * that began after the record did was watched for all of its life.
 *
 * @param nowMs since the epoch
 */
export function silenceOf(
  workload: AskingWorkload,
  { seen }: Pick<MigrationFacts, 'seen'>,
  nowMs: number,
): Silence {
  if (!isHeard(seen)) {
    return { kind: 'unknown', why: 'no agent keeps a record of what pods ask' };
  }
  const [latest] = usesOf(seen, workload);
  const lastMs = latest === undefined ? 0 : Date.parse(latest.lastAsked);
  if (workload.kind === 'CronJob') {
    return silenceOfRuns(workload, seen, { lastMs, lastAsked: latest?.lastAsked });
  }
  if (latest !== undefined && lastMs > nowMs - silentMs) {
    return { kind: 'asked', lastAsked: latest.lastAsked };
  }
  const fault = whyUnknown(workload.pods, seen);
  if (fault !== undefined) {
    return latest === undefined ? { ...fault, ...nothingSince(workload.namespace, seen) } : fault;
  }
  const sinceMs = Math.max(lastMs, watchedMs(workload.pods, seen));
  const since = rfc3339(sinceMs);
  const forMs = nowMs - sinceMs;
  return forMs >= silentMs ? { kind: 'silent', since } : { kind: 'watched', since, forMs };
}

/** By the records of all nodes, because pods that are gone may have been on any; empty where an agent did not say. */
function nothingSince(namespace: string, seen: SeenRecord): { readonly since?: string } {
  const { nodes = [], unheard = [] } = seen;
  const times = nodes.map(({ name }) => watchedSince(seen, { nodeName: name, namespace }) ?? seen.since);
  const sinceMs = Math.max(...[seen.since, ...times].map((time) => Date.parse(time)));
  return unheard.length > 0 || Number.isNaN(sinceMs) ? {} : { since: rfc3339(sinceMs) };
}

/** Since when all of them were watched for as long as they were there. */
function watchedMs(pods: readonly ReadPod[], seen: SeenRecord): number {
  const beganMs = Math.min(...pods.map(({ createdAt }) => Date.parse(createdAt)));
  const gapsMs = pods
    .map((pod) => ({
      createdMs: Date.parse(pod.createdAt),
      sinceMs: Date.parse(watchedSince(seen, pod) ?? ''),
    }))
    .filter(({ createdMs, sinceMs }) => sinceMs > createdMs)
    .map(({ sinceMs }) => sinceMs);
  return Math.max(beganMs, ...gapsMs);
}

function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function whyUnknown(
  pods: readonly ReadPod[],
  seen: SeenRecord,
): Extract<Silence, { readonly kind: 'unknown' }> | undefined {
  const unlabelled = pods.find(({ labels }) => labels[useLabel] !== 'true');
  const unheard = pods.find((pod) => watchedSince(seen, pod) === undefined);
  const undated = pods.find(({ createdAt }) => Number.isNaN(Date.parse(createdAt)));
  const why =
    pods.length === 0
      ? 'it has no pods'
      : unlabelled !== undefined
        ? `pod ${unlabelled.name} was made before its template had the label`
        : unheard !== undefined
          ? whyUnheard(unheard, seen)
          : undated && `pod ${undated.name} does not say when it was created`;
  return why === undefined ? undefined : { kind: 'unknown', why };
}

function whyUnheard({ name, nodeName }: ReadPod, { unheard = [] }: SeenRecord): string {
  const reason = unheard.find(({ node }) => node === nodeName)?.why;
  return nodeName === ''
    ? `pod ${name} has no node yet`
    : `the agent of node ${nodeName}, which has pod ${name}, did not answer${reason === undefined ? '' : `: ${reason}`}`;
}

/** The pods of a run stay for as long as the CronJob keeps its Jobs. */
function silenceOfRuns(
  { namespace, ended, pods }: AskingWorkload,
  seen: SeenRecord,
  { lastMs, lastAsked }: { readonly lastMs: number; readonly lastAsked: string | undefined },
): Silence {
  const runs = new Map<string, ReadPod[]>();
  for (const pod of [...ended, ...pods]) {
    const run = pod.controller?.uid ?? pod.uid;
    runs.set(run, [...(runs.get(run) ?? []), pod]);
  }
  const whole = [...runs.values()].filter(
    (run) =>
      run.every((pod) => pod.succeeded === true || pod.finished) &&
      run.some((pod) => pod.succeeded === true) &&
      whyUnknown(run, seen) === undefined &&
      run.every((pod) => Date.parse(watchedSince(seen, pod) ?? '') <= Date.parse(pod.createdAt)),
  );
  const begun = whole
    .map((run) => run.map(({ createdAt }) => createdAt).toSorted()[0] ?? '')
    .toSorted()
    .at(-1);
  if (begun !== undefined && Date.parse(begun) > lastMs) {
    return { kind: 'silent', since: begun };
  }
  return lastAsked === undefined
    ? {
        kind: 'unknown',
        why: 'no whole run with the label has been watched yet',
        ...nothingSince(namespace, seen),
      }
    : { kind: 'asked', lastAsked };
}
