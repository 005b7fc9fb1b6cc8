import type { AskedPod, Scrape } from '../../domain/load/agent-load.ts';
import { type Sample, samplesOf } from '../doctor/agent-metrics.ts';

/** How busy one agent was between two scrapes. Rates are by the second; null: nothing was asked. */
export interface NodeLoad {
  readonly node: string;
  readonly requests: number;
  readonly refused: number;
  /** How many, by reason, since the scrape before. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Of the tokens that were answered for, the share that came from memory, 0 to 1. */
  readonly hits: number | null;
  /** Since the scrape before. */
  readonly renewals: number;
  readonly renewalsFailed: number;
  /** Token calls that wait for their turn. */
  readonly queued: number;
  /** Requests that wait for what heals by itself. */
  readonly held: number;
  /** Of the time to the answer, in milliseconds: the bound of the histogram's bucket. */
  readonly waitP99: number | null;
}

export interface NamespaceLoad {
  readonly namespace: string;
  readonly requests: number;
  /** Answered with 400 or more. */
  readonly refused: number;
}

/** How often one pod asked between two scrapes; null: its agent does not count by pod. */
export interface PodLoad extends Omit<AskedPod, 'uid' | 'requests' | 'refused'> {
  readonly node: string;
  readonly requests: number | null;
  readonly refused: number | null;
  /** How many, by reason, since the scrape before. */
  readonly refusals: Readonly<Record<string, number>>;
}

export interface Load {
  /** Between the two scrapes. */
  readonly seconds: number;
  readonly nodes: readonly NodeLoad[];
  readonly silent: readonly { readonly node: string; readonly why: string }[];
  readonly namespaces: readonly NamespaceLoad[];
  /** Those that asked most, first; of those that did not ask, who did last. */
  readonly pods: readonly PodLoad[];
}

const operations = 'aadpodidentity_nmi_operations_duration_seconds';

type Heard = Extract<Scrape, { kind: 'heard' }>;

/** What happened between two scrapes; an agent of which there is only the later one has been heard for no time yet. */
export function compareScrapes(before: readonly Scrape[], after: readonly Scrape[]): Load {
  const earlier = new Map(before.filter(isHeard).map((scrape) => [scrape.pod, scrape]));
  const heard = after.filter(isHeard);
  const pairs = heard.map((now) => ({ now, was: earlier.get(now.pod) ?? now }));
  return {
    seconds: pairs.reduce((longest, pair) => Math.max(longest, secondsOf(pair)), 0),
    nodes: pairs.map(nodeLoad).toSorted(byNode),
    silent: after.flatMap((scrape) => (isHeard(scrape) ? [] : [{ node: scrape.node, why: scrape.why }])),
    namespaces: namespaceLoads(pairs),
    pods: pairs
      .flatMap(podLoads)
      .toSorted(
        (one, other) =>
          (other.requests ?? 0) - (one.requests ?? 0) || (one.lastAsked > other.lastAsked ? -1 : 1),
      ),
  };
}

interface Pair {
  readonly now: Heard;
  readonly was: Heard;
}

function isHeard(scrape: Scrape): scrape is Heard {
  return scrape.kind === 'heard';
}

function secondsOf({ now, was }: Pair): number {
  return (now.atMs - was.atMs) / 1000;
}

function byNode(one: NodeLoad, other: NodeLoad): number {
  return one.node < other.node ? -1 : 1;
}

function podLoads(pair: Pair): readonly PodLoad[] {
  const { now, was } = pair;
  const seconds = secondsOf(pair);
  const rate = (count: number) => (seconds > 0 ? rounded(count / seconds) : 0);
  const earlier = new Map(was.pods.map((pod) => [pod.uid, pod]));
  return now.pods.map(({ uid, requests, refused, ...pod }) => {
    const before = earlier.get(uid);
    const refusals = Object.entries(refused)
      .map(([reason, count]) => [reason, grownBy(count, before?.refused[reason])] as const)
      .filter(([, count]) => count > 0);
    const isCounted = requests !== undefined;
    return {
      ...pod,
      node: now.node,
      requests: isCounted ? rate(grownBy(requests, before?.requests)) : null,
      refused: isCounted ? rate(refusals.reduce((sum, [, count]) => sum + count, 0)) : null,
      refusals: seconds > 0 ? Object.fromEntries(refusals) : {},
    };
  });
}

/** What is smaller than before began anew. */
function grownBy(count: number, before = 0): number {
  return count >= before ? count - before : count;
}

function nodeLoad(pair: Pair): NodeLoad {
  const { now } = pair;
  const seconds = secondsOf(pair);
  const rate = (count: number) => (seconds > 0 ? rounded(count / seconds) : 0);
  const grown = (name: string, fits: (sample: Sample) => boolean = () => true) =>
    growth(pair, name, 'all', fits).get('') ?? 0;
  const refusals = growth(pair, 'podid_nmi_refused_total', 'reason');
  const asked = grown(`${operations}_count`);
  const hits = grown('podid_nmi_token_hits_total');
  const answers = hits + grown('podid_nmi_token_answers_total');
  const gauge = (name: string) => samplesOf(now.metrics, name).reduce((sum, { value }) => sum + value, 0);
  return {
    node: now.node,
    requests: rate(asked),
    refused: rate([...refusals.values()].reduce((sum, count) => sum + count, 0)),
    refusals: Object.fromEntries([...refusals].filter(([, count]) => count > 0)),
    hits: answers > 0 ? rounded(hits / answers) : null,
    renewals: grown('podid_nmi_token_renewals_total'),
    renewalsFailed: grown(
      'podid_nmi_token_renewals_total',
      ({ labels }) => labels.get('outcome') === 'failed',
    ),
    queued: gauge('podid_nmi_upstream_queued'),
    held: gauge('podid_nmi_requests_held'),
    waitP99: percentile(growth(pair, `${operations}_bucket`, 'le'), 0.99),
  };
}

/** How much a counter has grown, by one of its labels; what is smaller than before began anew. */
function growth(
  { now, was }: Pair,
  name: string,
  by: string,
  fits: (sample: Sample) => boolean = () => true,
): ReadonlyMap<string, number> {
  const keyOf = ({ labels }: Sample) =>
    [...labels]
      .map(([key, value]) => `${key}=${value}`)
      .toSorted()
      .join(',');
  const earlier = new Map(samplesOf(was.metrics, name).map((sample) => [keyOf(sample), sample.value]));
  const grown = new Map<string, number>();
  for (const sample of samplesOf(now.metrics, name).filter(fits)) {
    const began = now === was ? sample.value : (earlier.get(keyOf(sample)) ?? 0);
    const more = grownBy(sample.value, began);
    const label = by === 'all' ? '' : (sample.labels.get(by) ?? '');
    grown.set(label, (grown.get(label) ?? 0) + more);
  }
  return grown;
}

/** Buckets hold everything up to their bound. @returns milliseconds; null where nothing was counted */
function percentile(buckets: ReadonlyMap<string, number>, share: number): number | null {
  const bounds = [...buckets]
    .map(([bound, count]) => ({ bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count }))
    .toSorted((one, other) => one.bound - other.bound);
  const all = bounds.at(-1)?.count ?? 0;
  if (all === 0) {
    return null;
  }
  const reached = bounds.find(({ count }) => count >= all * share)?.bound ?? 0;
  // Beyond the last bound nobody knows how long it was.
  const last = bounds.findLast(({ bound }) => Number.isFinite(bound))?.bound ?? 0;
  return rounded(Math.min(reached, last) * 1000);
}

function namespaceLoads(pairs: readonly Pair[]): readonly NamespaceLoad[] {
  const loads = new Map<string, { requests: number; refused: number }>();
  for (const pair of pairs) {
    const seconds = secondsOf(pair);
    if (seconds <= 0) {
      continue;
    }
    const add = (counts: ReadonlyMap<string, number>, member: 'requests' | 'refused') => {
      for (const [namespace, count] of counts) {
        const load = loads.get(namespace) ?? { requests: 0, refused: 0 };
        load[member] += count / seconds;
        loads.set(namespace, load);
      }
    };
    const isRefused = ({ labels }: Sample) => Number(labels.get('status_code')) >= 400;
    add(growth(pair, `${operations}_count`, 'namespace'), 'requests');
    add(growth(pair, `${operations}_count`, 'namespace', isRefused), 'refused');
  }
  return [...loads]
    .map(([namespace, { requests, refused }]) => ({
      namespace,
      requests: rounded(requests),
      refused: rounded(refused),
    }))
    .toSorted((one, other) => other.requests - one.requests || (one.namespace < other.namespace ? -1 : 1));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
