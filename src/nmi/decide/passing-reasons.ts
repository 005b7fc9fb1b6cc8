import type { ErrorAnswer } from '../http/error-answer.ts';

/*
 * Which refusals heal by themselves, and how long a request waits for that before it is refused. No refusal suits
 * every client: the Azure SDK for Go before azidentity 1.4 gives up at a 503, MSAL for Python at any status,
 * @azure/identity 2.1 after 35 seconds of 503s. All of them wait a minute for an answer.
 */

/** Milliseconds from the request on; 0 refuses at once. */
export interface HoldTimes {
  readonly usual: number;
  /** Standard mode, while there is no assignment. */
  readonly unassigned: number;
  /** Standard mode, while there is an assignment that MIC has not brought to the node. */
  readonly created: number;
}

/** A reason that is not here is final, and so is one that is here with a status by which nothing is awaited. */
const passingReasons: Readonly<Record<string, keyof HoldTimes>> = {
  'not-ready': 'usual',
  'no-address-guard': 'usual',
  'unknown-pod': 'usual',
  'address-shared': 'usual',
  'address-moved': 'usual',
  'no-binding': 'unassigned',
  'no-identity': 'unassigned',
  'identity-not-assigned': 'created',
  'identity-not-on-node': 'usual',
  'identity-not-in-entra': 'usual',
  'changed-meanwhile': 'usual',
  'token-429': 'usual',
  'token-503': 'usual',
};

/** How long this refusal is put off, from the beginning of the request; 0 for one that is final. */
export function holdMs({ reason, status, awaitsMic }: ErrorAnswer, times: HoldTimes): number {
  const kind = passingReasons[reason];
  const mayPass = status === 503 || status === 429 || awaitsMic === true;
  return kind !== undefined && mayPass ? times[kind] : 0;
}

/** The usual hold, where no flag says otherwise. MIC changes a scale set in 40 to 60 seconds. */
export const usualHoldMs = { managed: 10_000, standard: 25_000 } as const;

/**
 * How old a pod may be for a missing binding to be put down to its being late.
 *
 * Managed mode: whoever applies a pod applies its binding in the same run, so that a minute after the pod's creation
 * a missing binding is a mistake, which its author wants to read at once and not after each hold. Standard mode: a
 * pod that comes just after MIC began to change a scale set waits for the end of that change and of the next,
 * 60 seconds each.
 */
export const youngMs = { managed: 60_000, standard: 180_000 } as const;
