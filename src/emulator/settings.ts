/**
 * What a world does by itself, without any fault set. Every member can be set by a scenario or `PUT
 * /_podid/world`.
 */
export interface WorldSettings {
  /** How long an operation takes, in emulator time: `[shortest, longest]`, drawn from `seed`. */
  operationMs: readonly [number, number];
  /** An operation also ends after it was asked about this often; 0 means that asking does not end it. */
  operationPolls: number;
  /**
   * Whether answers to a PUT and to polls carry `Retry-After`, in seconds; null means they do not, as Azure
   * today.
   */
  retryAfterSec: number | null;
  /** Whether clusters and pools carry an `eTag`. */
  eTags: boolean;
  /** How long a new role assignment takes to count, in emulator time. */
  rolePropagationMs: number;
  /** How many cluster PUTs a new role assignment is overlooked by, besides. */
  rolePropagationPuts: number;
  /**
   * How many role assignments for a freshly created identity are answered with PrincipalNotFound, unless
   * `principalType` is given.
   */
  principalNotFoundTimes: number;
  /** How long a feature or provider stays Registering. */
  registrationMs: number;
  /** False: pod identity on kubenet is answered with PodIdentityAddonWithKubeNetNotAllowed. */
  kubenetAllowed: boolean;
  /** Whether read-only members in a cluster PUT are ignored, or answered with 400. */
  readOnlyMembers: 'ignore' | 'refuse';
  /** Api-versions known for managed clusters; empty means any. */
  clusterApiVersions: readonly string[];
  /**
   * Actions that the caller has no right to, with Azure's wildcards: seen in its permissions, and by changes
   * of machines.
   */
  callerLacks: readonly string[];
  /** Items on a page of a list; 0 puts all on one. */
  pageSize: number;
  seed: number;
}

/** Seconds that Azure took for a PUT of a cluster in recorded traffic. */
export const recordedOperationMs: readonly [number, number] = [55_000, 105_000];

/**
 * `{scale: 0.1}`: emulator time runs ten times as fast, so that what took Azure a minute takes six seconds.
 */
export type EmulatorTime = 'instant' | 'recorded' | { readonly scale: number };

export function settingsFor(time: EmulatorTime): WorldSettings {
  const instant = time === 'instant';
  return {
    operationMs: instant ? [40, 40] : recordedOperationMs,
    operationPolls: instant ? 1 : 0,
    retryAfterSec: null,
    eTags: true,
    rolePropagationMs: instant ? 0 : 20_000,
    rolePropagationPuts: 0,
    principalNotFoundTimes: 3,
    registrationMs: instant ? 0 : 60_000,
    kubenetAllowed: true,
    readOnlyMembers: 'ignore',
    clusterApiVersions: [],
    callerLacks: [],
    pageSize: 0,
    seed: 1,
  };
}
