import { dirname } from 'node:path';
import type { NodeAddresses } from './address-map.ts';
import type { NodeProblem } from './diagnose-node.ts';
import type { GuardState } from './guard/guard-state.ts';
import { putFile } from './put-file.ts';
import { readSmallFile } from './read-small-file.ts';

/**
 * What the process that keeps the rules reports to the one that serves, through a file in memory that both
 * mount.
 */
export interface Heartbeat {
  readonly rules: {
    readonly intact: boolean;
    readonly backend: 'nft' | 'iptables';
    /** How often the rules had to be restored since the process started. */
    readonly putBack: number;
    /** Packets by the rule's purpose. */
    readonly packets: Readonly<Record<string, number>>;
  };
  /** The address guard of bridged nodes. */
  readonly guard: GuardState;
  /** Addresses on which the server must listen, besides its own choice. */
  readonly listenOn: readonly string[];
  readonly problems: readonly NodeProblem[];
  /** Pod UID by IPv4 or IPv6 address, as the CNI plugin gave them out. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Whether the plugin writes down its pods at all, and the state of its folder that `addresses` come from. */
  readonly records: Pick<NodeAddresses, 'keepsRecords' | 'stamp' | 'sources'>;
  readonly intervalMs: number;
  /** Wall time, for people. */
  readonly writtenAtMs: number;
  /**
   * Milliseconds since the node's boot at which the rules were read back, for age: the wall clock may jump. Addresses
   * are published in between, and make the rest no younger.
   */
  readonly writtenAtUptimeMs: number;
}

/** Older than this many intervals, and the writer is taken for dead. */
const longestAgeInIntervals = 3;
/** 250 pods with two addresses each are 30 kB. */
const largestBytes = 4 * 1024 * 1024;

/** Milliseconds since boot by the clock that all processes of a node share (CLOCK_MONOTONIC). */
export function nodeUptimeMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** The rules may stand all the same: the one who serves hears no news of them. */
export class HeartbeatUnwritten extends Error {
  override readonly name = 'HeartbeatUnwritten';
  readonly folder: string;

  constructor(path: string, cause: unknown) {
    super(String(cause), { cause });
    this.folder = dirname(path);
  }
}

/** @throws HeartbeatUnwritten as where the folder is full */
export async function writeHeartbeat(path: string, heartbeat: Heartbeat): Promise<void> {
  try {
    await putFile(path, JSON.stringify(heartbeat));
  } catch (error) {
    throw new HeartbeatUnwritten(path, error);
  }
}

/**
 * The last heartbeat, or undefined when there is none that can be read. One that is too old is returned too:
 * see `heartbeatIsFresh`.
 */
export async function readHeartbeat(path: string): Promise<Heartbeat | undefined> {
  try {
    const value: unknown = JSON.parse(await readSmallFile(path, largestBytes));
    return isHeartbeat(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** False after three intervals without a new one, and for one from before a reboot. */
export function heartbeatIsFresh(heartbeat: Heartbeat, uptimeMs: number): boolean {
  const ageMs = uptimeMs - heartbeat.writtenAtUptimeMs;
  return ageMs >= 0 && ageMs <= heartbeat.intervalMs * longestAgeInIntervals;
}

function isHeartbeat(value: unknown): value is Heartbeat {
  const { rules, guard, listenOn, problems, addresses, records, intervalMs, writtenAtMs, writtenAtUptimeMs } =
    record(value);
  return (
    typeof record(rules).intact === 'boolean' &&
    isGuardState(guard) &&
    Array.isArray(listenOn) &&
    Array.isArray(problems) &&
    isStringMap(addresses) &&
    isRecordsState(records) &&
    [intervalMs, writtenAtMs, writtenAtUptimeMs].every(Number.isFinite)
  );
}

function isRecordsState(value: unknown): boolean {
  const { keepsRecords, stamp, sources } = record(value);
  return typeof keepsRecords === 'boolean' && typeof stamp === 'string' && typeof sources === 'object';
}

function isGuardState(value: unknown): boolean {
  const { active, pods, unknown, packets } = record(value);
  return typeof active === 'boolean' && [pods, unknown].every(Number.isFinite) && typeof packets === 'object';
}

function record(value: unknown): {
  readonly [Member in keyof Heartbeat | keyof Heartbeat['records'] | keyof GuardState | 'intact']?: unknown;
} {
  return typeof value === 'object' && value !== null ? value : {};
}

function isStringMap(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => typeof member === 'string')
  );
}
