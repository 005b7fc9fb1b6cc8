import type { WorldOptions } from '../../test/node/agent-world.ts';
import type { BundledPrograms } from '../../test/node/bundled-programs.ts';
import type { Peer } from './peers.ts';

export interface BenchOptions {
  /** The repository. */
  readonly root: string;
  /** Names of tables; empty: all. */
  readonly only: readonly string[];
  /** A word in the names of the peers; empty: all. */
  readonly peers: string;
  /** Of each load by wrk, and of each attack. */
  readonly seconds: number;
  readonly rounds: number;
  /** Of the load of 250 pods. */
  readonly podSeconds: number;
  /** Of the storm. */
  readonly identities: number;
  /** In which nothing is asked. */
  readonly restSeconds: number;
  /** The agents run the same Node as the bench, so that less memory of it is counted for them. */
  readonly sharedNode: boolean;
}

/** What a table is made of. */
export interface Bench extends BenchOptions {
  readonly programs: BundledPrograms;
  /** The bare server, podid as one process and as two, and upstream's where there is Go, as far as they are wanted. */
  readonly all: readonly Peer[];
  /** Those that know pods and ask IMDS: all but the bare server. */
  readonly agents: readonly Peer[];
  /** The same with the limits of connections that users have, which the others are measured without. */
  readonly limited: readonly Peer[];
}

/** What Azure documents for IMDS, and the ten milliseconds that it takes. */
export const realImds: WorldOptions = { latencyMs: 10, quota: { concurrent: 5, perSecond: 20 } };

export const podCount = 250;
