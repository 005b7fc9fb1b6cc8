import type { TokenBucket } from '../token-buckets.ts';

/**
 * Microsoft.Compute's own limits, as its documents had them in 2025, for one region; and that of the
 * identity service: 300 assignments in 20 seconds.
 */
export const documentedLimits = {
  /** PATCH and upgrade of instances, by machine. */
  updateMachine: { perMinute: 4, most: 12 },
  /** The same, by subscription. */
  updateMachines: { perMinute: 500, most: 1500 },
  /** GET of one, by machine. */
  getMachine: { perMinute: 12, most: 36 },
  getVirtualMachines: { perMinute: 8000, most: 24_000 },
  getScaleSets: { perMinute: 800, most: 2400 },
  listVirtualMachines: { perMinute: 300, most: 900 },
  listScaleSets: { perMinute: 360, most: 1080 },
  /** Of operations, by virtual machine. */
  pollVirtualMachine: { perMinute: 15, most: 45 },
  /** Identities that are put on machines, by subscription. */
  assignIdentities: { perMinute: 900, most: 300 },
} as const satisfies Readonly<Record<string, TokenBucket>>;

export type LimitName = keyof typeof documentedLimits;

/** Only what is named is limited. */
export type MachineLimits = Readonly<Partial<Record<LimitName, TokenBucket>>>;
