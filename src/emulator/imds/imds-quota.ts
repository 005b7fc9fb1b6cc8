/** How much a VM may ask. */
export interface ImdsQuota {
  readonly concurrent: number;
  /** Requests in any one second. */
  readonly perSecond: number;
}

/**
 * Microsoft Learn, "Azure Instance Metadata Service": what managed identity requests of one VM are held to.
 */
export const documentedQuota: ImdsQuota = { concurrent: 5, perSecond: 20 };

export interface QuotaGate {
  /** @returns false when the request is over the quota; otherwise `leave` must follow */
  enter(): boolean;
  leave(): void;
}

/** @param now milliseconds since the epoch */
export function createQuotaGate(quota: ImdsQuota | undefined, now: () => number): QuotaGate {
  let inFlight = 0;
  let recent: number[] = [];
  return {
    enter() {
      const time = now();
      recent = recent.filter((at) => time - at < 1000);
      if (quota !== undefined && (inFlight >= quota.concurrent || recent.length >= quota.perSecond)) {
        return false;
      }
      recent.push(time);
      inFlight += 1;
      return true;
    },
    leave() {
      inFlight -= 1;
    },
  };
}
