import type { EmulatorClock } from './clock.ts';
import type { Json, JsonObject } from './exact-json.ts';

/** Which requests a fault is for. All that is given must hold. */
export interface FaultMatch {
  readonly method?: string;
  /** A regular expression, without case, searched in the path. */
  readonly path?: string;
  /** A name as `GET /_podid/requests` shows it: `clusters.put`, `operations.get`, `roleAssignments.put`. */
  readonly operation?: string;
  /** The first of the matching requests that is hit, from 1 on. */
  readonly nth?: number;
  /** How many are hit; absent means all from there on. */
  readonly times?: number;
  /** Ends so long after the first hit, in milliseconds of emulator time. */
  readonly forMs?: number;
}

export interface EntryName {
  readonly namespace: string;
  readonly name: string;
}

/** What happens to a request that is hit. Several members may be combined. */
export interface FaultEffect {
  /** Answer with this status, and `body` (JSON) or `text`, instead of the own answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly text?: string;
  /** Close the connection without an answer. */
  readonly drop?: boolean;
  /**
   * `status` and `drop` come before anything is done (`before`, the default), or once the request has taken
   * effect (`after`).
   */
  readonly when?: 'before' | 'after';
  /** Never answer; the request has no effect. */
  readonly hang?: boolean;
  /** Milliseconds of real time before the answer. */
  readonly delayMs?: number;
  /** Send the announced length, but only half of the body. */
  readonly truncate?: boolean;
  /** Leave out every `eTag` of the answer. */
  readonly withoutETag?: boolean;
  /** The operation that this PUT starts ends like that. */
  readonly operation?: { readonly status: 'Failed' | 'Canceled'; readonly error: JsonObject };
  /** The entry ends Failed although the operation succeeds. */
  readonly failEntry?: EntryName & { readonly error?: JsonObject };
  /** The entry is lost on the way: neither answered nor kept. */
  readonly loseEntry?: EntryName;
  /** Someone else changes the cluster just before this request is looked at. */
  readonly edit?: {
    readonly add?: readonly JsonObject[];
    readonly delete?: readonly EntryName[];
    readonly addException?: readonly JsonObject[];
  };
}

export interface Fault {
  readonly name?: string;
  readonly match?: FaultMatch;
  readonly effect: FaultEffect;
}

export interface FaultList {
  /** Replaces all faults; their counts start anew. */
  set(faults: readonly Fault[]): void;
  add(...faults: readonly Fault[]): void;
  clear(): void;
  list(): readonly (Fault & { readonly hits: number })[];
  /** Counts the request and returns the effects for it, merged in order. */
  effectsFor(request: { method: string; path: string; operation: string }): FaultEffect;
}

interface Armed {
  readonly fault: Fault;
  readonly path: RegExp | undefined;
  seen: number;
  hits: number;
  firstHitAt?: number;
}

export function createFaults(clock: EmulatorClock): FaultList {
  let armed: Armed[] = [];
  return {
    set(faults) {
      armed = faults.map(arm);
    },
    add(...faults) {
      armed.push(...faults.map(arm));
    },
    clear() {
      armed = [];
    },
    list: () => armed.map(({ fault, hits }) => ({ ...fault, hits })),
    effectsFor(request) {
      const hit = armed.filter((one) => hits(one, request, clock.now()));
      return Object.assign({}, ...hit.map((one) => one.fault.effect)) as FaultEffect;
    },
  };
}

/** @throws SyntaxError when `path` is not a regular expression */
function arm(fault: Fault): Armed {
  const path = fault.match?.path === undefined ? undefined : new RegExp(fault.match.path, 'i');
  return { fault, path, seen: 0, hits: 0 };
}

function hits(armed: Armed, request: { method: string; path: string; operation: string }, now: number) {
  const { method, operation, nth = 1, times = Infinity, forMs = Infinity } = armed.fault.match ?? {};
  if (method !== undefined && method.toUpperCase() !== request.method) {
    return false;
  }
  if (operation !== undefined && operation !== request.operation) {
    return false;
  }
  if (armed.path !== undefined && !armed.path.test(request.path)) {
    return false;
  }
  armed.seen += 1;
  if (armed.seen < nth || armed.hits >= times) {
    return false;
  }
  armed.firstHitAt ??= now;
  if (now - armed.firstHitAt >= forMs) {
    return false;
  }
  armed.hits += 1;
  return true;
}
