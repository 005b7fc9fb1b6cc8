import type { Pod } from '../../../domain/kubernetes/pod.ts';
import type { ChosenBy } from '../../../domain/migrate/seen.ts';
import type { TokenRequest } from '../../http/token-request.ts';
import type { Client } from './known-clients.ts';

/** One way in which a pod asks, and when it last did. */
export interface Use {
  readonly client: Client;
  readonly resource: string;
  readonly chosenBy: ChosenBy;
  /** `answered`, or the reason of the refusal. */
  outcome: string;
  /** Since the epoch. */
  lastMs: number;
  /** The last that was asked so, where it is short: most requests of a client are one and the same. */
  request: TokenRequest | undefined;
}

/** A pod and what it asked. */
export interface Entry {
  readonly pod: RecordedPod;
  readonly uses: Use[];
  readonly counts: PodCounts;
}

/** How often a pod asked since it is in the record, and how often it was refused for which reason. */
export interface PodCounts {
  requests: number;
  /** Absent as long as it was never refused, as most pods. */
  refused?: Map<string, number>;
}

export type RecordedPod = Pick<Pod, 'uid' | 'namespace' | 'name' | 'controller'>;

/** What `/record` answers. It holds no token, no id of an identity, and nothing that a client wrote as it wrote it. */
export interface RecordDocument {
  readonly node: string;
  /** Since when the record is whole, RFC 3339: who is not in it has not asked since. */
  readonly since: string;
  /** Namespaces of which more was forgotten, and up to when that was asked. */
  readonly forgotten: readonly { readonly namespace: string; readonly until: string }[];
  readonly pods: readonly RecordedUses[];
}

export interface RecordedUses extends RecordedPod {
  /** Since the pod is in the record. */
  readonly requests: number;
  /** How many of them were refused, by reason; absent: none. */
  readonly refused?: Readonly<Record<string, number>>;
  readonly uses: readonly {
    readonly sdk: string;
    readonly version: string;
    readonly resource: string;
    readonly chosenBy: ChosenBy;
    readonly outcome: string;
    /** RFC 3339. */
    readonly lastAsked: string;
  }[];
}

export function recordedEntry({ pod, uses, counts: { requests, refused } }: Entry): RecordedUses {
  const reasons = refused === undefined ? {} : { refused: Object.fromEntries(refused) };
  return { ...pod, requests, ...reasons, uses: uses.map(recordedUse) };
}

function recordedUse({ client, resource, chosenBy, outcome, lastMs }: Use): RecordedUses['uses'][number] {
  return { ...client, resource, chosenBy, outcome, lastAsked: timeText(lastMs) };
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** The audience of a token is an address or an id; whatever else somebody asks for is not repeated. */
export function printableResource(resource: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9:/._-]{0,99}$/.test(resource) ? resource : 'other';
}
