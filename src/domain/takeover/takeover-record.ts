import type { NodeGap } from './node-gaps.ts';
import type { TakeoverExport } from './takeover-export.ts';
import type { TakeoverProof, TakeoverState } from './takeover-steps.ts';

/** Under which keys of the ConfigMap the commands keep how far they are. */
export const recordKeys = { record: 'record', export: 'export' } as const;

/** The only layout so far. */
export const recordVersion = 1;

/** A pod that asks for tokens on one node. Its uid alone says that it is podid's. */
export interface TakeoverProbe {
  readonly node: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty: nobody knows whether it was made. */
  readonly uid: string;
  /** When the last of its requests that are counted began; since the epoch, by the clock of the node. */
  readonly seenMs: number;
}

/** How far a takeover is: what stands under `record`, as JSON. */
export interface TakeoverRecord {
  readonly version: typeof recordVersion;
  readonly state: Exclude<TakeoverState, 'not-begun'>;
  /** The last step whose proof was there. */
  readonly step: number;
  /** RFC 3339. */
  readonly begunAt: string;
  /** Since when the step after it runs. RFC 3339. */
  readonly stepAt: string;
  /**
   * Uids of the definitions, by the kind, when the saved objects were there last. Where a definition has another one, its
   * objects went with it; where it is the same, somebody deleted what is missing.
   */
  readonly definitions?: Readonly<Record<string, string>>;
  /** Of each step in which probes asked, under its number. */
  readonly proofs: Readonly<Record<string, TakeoverProof>>;
  /** Of identities whose tokens pods get from the nodes. */
  readonly gaps: readonly NodeGap[];
  /** podid's agent was there before, and with it what it exchanges: a rollback leaves both. */
  readonly agentWasThere?: true;
  /** Azure may have been asked to turn the add-on off, by this run or by one that was killed. */
  readonly disabling?: true;
  /** A rollback is under way: to the add-on that serves still, or to one that is turned on anew. */
  readonly rollingBack?: RollbackWay;
  /** Those that are to be taken away again; absent: none. */
  readonly probes?: readonly TakeoverProbe[];
}

export type RollbackWay = 'serving' | 'new';

/** A takeover as it is written down in the cluster. */
export interface WrittenTakeover {
  readonly record: TakeoverRecord;
  readonly export: TakeoverExport;
}
