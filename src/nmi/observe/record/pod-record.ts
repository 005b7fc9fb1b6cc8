import type { ChosenBy } from '../../../domain/migrate/seen.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import type { TokenRequest } from '../../http/token-request.ts';
import { createForgotten } from './forgotten.ts';
import { type Client, createClientReader } from './known-clients.ts';
import { ownCopy } from './own-copy.ts';
import {
  type Entry,
  type PodCounts,
  printableResource,
  type RecordDocument,
  type RecordedPod,
  recordedEntry,
  timeText,
  type Use,
} from './record-document.ts';

export interface PodRecord {
  /** A pod asked for itself. @param outcome `answered`, or the reason of an `ErrorAnswer` */
  asked(pod: RecordedPod, request: TokenRequest, userAgent: string | undefined, outcome: string): void;
  /** The Key Vault driver asked for a pod, which it names. */
  driverAsked(pod: RecordedPod, request: TokenRequest, userAgent: string | undefined, outcome: string): void;
  /** All of it, as `/record` answers it. */
  document(): RecordDocument;
  /** Kept at this moment. */
  readonly pods: number;
  readonly uses: number;
}

export interface PodRecordOptions {
  readonly node: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether a pod of this uid is on the node now. */
  readonly isThere: (uid: string) => boolean;
}

/** Clients times resources: who asks in more ways loses those that it has not used for longest. */
export const usesOfPod = 8;
/** Those of the 500 pods that an agent knows at most, all of them full; about 300 bytes each. */
export const usesInAll = 4_000;
/** A CronJob of each week is found by its last run. */
export const keptMs = 8 * 24 * 60 * 60 * 1000;

/**
 * What each pod of the node asked for last, and with which library. It stays for a while when the pod is gone, so that the
 * workload which made the pod is still known by it. Where there is no room, pods go that are gone, first of the namespace
 * that has most; nobody costs a pod that is there its place.
 */
export function createPodRecord({ node, clock, isThere }: PodRecordOptions): PodRecord {
  const startedMs = clock.now();
  const entries = new Map<string, Entry>();
  const readClient = createClientReader();
  const forgotten = createForgotten();
  let uses = 0;

  const drop = (uid: string, entry: Entry) => {
    entries.delete(uid);
    uses -= entry.uses.length;
  };
  const makeRoom = (newcomer: string): boolean => {
    const gone = [...entries].filter(([uid]) => uid !== newcomer && !isThere(uid));
    const [uid, entry] = longestGone(gone) ?? [];
    if (uid === undefined || entry === undefined) {
      return false;
    }
    drop(uid, entry);
    forgotten.add(entry.pod.namespace, latestOf(entry));
    return true;
  };
  const add = (pod: RecordedPod, use: Use) => {
    const entry = entries.get(pod.uid) ?? { pod: recorded(pod), uses: [], counts: { requests: 0 } };
    const isFull = entry.uses.length >= usesOfPod || (uses >= usesInAll && !makeRoom(pod.uid));
    if (isFull && entry.uses.length > 0) {
      entry.uses[oldestAt(entry.uses)] = use;
      return;
    }
    if (isFull) {
      forgotten.add(pod.namespace, use.lastMs);
      return;
    }
    entries.set(pod.uid, entry);
    entry.uses.push(use);
    uses += 1;
  };
  const noteUse = (
    pod: RecordedPod,
    request: TokenRequest,
    client: Client,
    chosenBy: ChosenBy,
    outcome: string,
  ): void => {
    const own = entries.get(pod.uid)?.uses ?? none;
    const use = findUse(own, { request, client, chosenBy });
    const lastMs = clock.now();
    if (use === undefined) {
      const resource = ownCopy(printableResource(request.resource));
      add(pod, { client, resource, chosenBy, outcome, lastMs, request: ifShort(request) });
      return;
    }
    use.request = ifShort(request);
    use.outcome = outcome;
    use.lastMs = lastMs;
  };
  const note: typeof noteUse = (pod, request, client, chosenBy, outcome) => {
    noteUse(pod, request, client, chosenBy, outcome);
    const counts = entries.get(pod.uid)?.counts;
    if (counts !== undefined) {
      countRequest(counts, outcome);
    }
  };
  return {
    asked: (pod, request, userAgent, outcome) =>
      note(pod, request, readClient(userAgent), choiceOf(request), outcome),
    driverAsked: (pod, request, userAgent, outcome) =>
      note(pod, request, readClient(userAgent), 'pod-name', outcome),
    document() {
      const oldestMs = clock.now() - keptMs;
      for (const [uid, entry] of entries) {
        if (!isThere(uid) && latestOf(entry) < oldestMs) {
          drop(uid, entry);
        }
      }
      return {
        node,
        since: timeText(Math.max(startedMs, oldestMs, forgotten.allUntilMs)),
        forgotten: forgotten.list().map(([namespace, untilMs]) => ({ namespace, until: timeText(untilMs) })),
        pods: [...entries.values()].map(recordedEntry),
      };
    },
    get pods() {
      return entries.size;
    },
    get uses() {
      return uses;
    },
  };
}

const none: readonly Use[] = [];

/** Without a search by text where the very same was asked before, which is nearly always. */
function findUse(
  uses: readonly Use[],
  asked: Pick<Use, 'client' | 'chosenBy'> & { readonly request: TokenRequest },
): Use | undefined {
  for (const use of uses) {
    if (use.request === asked.request && use.client === asked.client && use.chosenBy === asked.chosenBy) {
      return use;
    }
  }
  const resource = printableResource(asked.request.resource);
  return uses.find(
    (use) =>
      use.resource === resource &&
      use.chosenBy === asked.chosenBy &&
      use.client.sdk === asked.client.sdk &&
      use.client.version === asked.client.version,
  );
}

function choiceOf({ clientId, resourceId, objectId }: TokenRequest): ChosenBy {
  if (clientId !== undefined) {
    return 'client-id';
  }
  if (resourceId !== undefined) {
    return 'resource-id';
  }
  return objectId === undefined ? 'nothing' : 'object-id';
}

function ifShort(request: TokenRequest): TokenRequest | undefined {
  const { resource, clientId = '', resourceId = '', objectId = '' } = request;
  return resource.length + clientId.length + resourceId.length + objectId.length <= 400 ? request : undefined;
}

/** A pod that is refused for more reasons has them counted together, as `other`. */
export const mostReasons = 6;

/** @param outcome `answered`, or the reason of an `ErrorAnswer` */
function countRequest(counts: PodCounts, outcome: string): void {
  counts.requests += 1;
  if (outcome === 'answered') {
    return;
  }
  counts.refused ??= new Map();
  const { refused } = counts;
  const reason = refused.has(outcome) || refused.size < mostReasons ? outcome : 'other';
  refused.set(reason, (refused.get(reason) ?? 0) + 1);
}

function recorded({ uid, namespace, name, controller }: RecordedPod): RecordedPod {
  return { uid, namespace, name, ...(controller === undefined ? {} : { controller }) };
}

function oldestAt(uses: readonly Use[]): number {
  return uses.reduce((oldest, { lastMs }, at) => (lastMs < (uses[oldest]?.lastMs ?? 0) ? at : oldest), 0);
}

function latestOf({ uses }: Entry): number {
  return Math.max(...uses.map(({ lastMs }) => lastMs));
}

/** Of the namespace that has most of them, the pod that has not asked for longest. */
function longestGone(gone: readonly [string, Entry][]): [string, Entry] | undefined {
  const counts = new Map<string, number>();
  for (const [, { pod, uses }] of gone) {
    counts.set(pod.namespace, (counts.get(pod.namespace) ?? 0) + uses.length);
  }
  const most = Math.max(...counts.values());
  const [largest] = [...counts].find(([, count]) => count === most) ?? [];
  return gone
    .filter(([, { pod }]) => pod.namespace === largest)
    .toSorted(([, one], [, other]) => latestOf(one) - latestOf(other))[0];
}
