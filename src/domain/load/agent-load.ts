import type { EntryKey } from '../entries/pod-identity.ts';
import type { RefusalRecord } from './refusals.ts';

/** What a pod asked for last and how often, by the record of its node's agent. */
export interface AskedPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** As the agent names it; empty where it does not know it. */
  readonly sdk: string;
  /** RFC 3339. */
  readonly lastAsked: string;
  /** `answered`, or the reason why not. */
  readonly outcome: string;
  /** Since it is in the record; absent: its agent is older and does not count by pod. */
  readonly requests?: number;
  /** How many of them were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** What one agent says at one moment; `why`: why it says nothing. */
export type Scrape =
  | {
      readonly kind: 'heard';
      readonly node: string;
      /** `namespace/name` of the agent that said it: what it counts is compared with its own, and with no other's. */
      readonly pod: string;
      /** Of the clock that nobody sets, in milliseconds. */
      readonly atMs: number;
      /** Prometheus text. */
      readonly metrics: string;
      readonly pods: readonly AskedPod[];
    }
  | { readonly kind: 'none'; readonly node: string; readonly why: string };

/** A pod of an agent, as far as it is asked. */
export interface AskedAgent extends EntryKey {
  readonly nodeName: string;
  readonly metricsPort: number;
}

export interface AgentLoads {
  /** Asks one agent for its metrics and its record. @throws the signal's reason alone */
  scrape(agent: AskedAgent, signal: AbortSignal): Promise<Scrape>;
  /** Asks one agent who got no token. @throws the signal's reason alone */
  refusals(agent: AskedAgent, signal: AbortSignal): Promise<RefusalRecord>;
}
