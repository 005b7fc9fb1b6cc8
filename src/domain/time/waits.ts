import type { Wait } from '../ports.ts';

/**
 * What podid waits for in Azure, with how long that usually takes. A wait that is of one run, such as the pods of one
 * workload, is an object of its own where it begins.
 */
export const waits = {
  /** 55 to 105 seconds in recorded traffic. */
  clusterChange: { usually: '1 to 2 minutes' },
  /** A new role takes effect within minutes, by Azure's documents within an hour. */
  roleInEffect: { usually: 'some minutes, rarely up to an hour' },
  featureRegistered: { usually: 'a few minutes' },
} as const satisfies Readonly<Record<string, Wait>>;
