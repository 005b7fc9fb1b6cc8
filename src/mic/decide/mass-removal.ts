/** The first of the two looks that a removal of most identities takes. */
export interface FirstLook {
  readonly atMs: number;
  /** `machine identity` of what was to go then. */
  readonly pairs: ReadonlySet<string>;
}

export interface RemovalDecision {
  readonly allowed: boolean;
  /** To hand in again next time; undefined where there is nothing to look at twice. */
  readonly look: FirstLook | undefined;
}

const secondLookMs = 5 * 60_000;
/** So few are no mass, however many podid has put anywhere. */
const few = 3;

/**
 * Whether identities that are due may be taken away. More than half of all that podid has put on machines at
 * once may be a prune of bindings gone wrong: it takes two looks, five minutes apart, and only what both saw
 * goes.
 *
 * @param due `machine identity` of everything that is due now
 * @param ownedCount of all that podid has put on machines
 */
export function decideRemoval(
  due: ReadonlySet<string>,
  ownedCount: number,
  look: FirstLook | undefined,
  nowMs: number,
): RemovalDecision {
  if (due.size <= few || due.size * 2 <= ownedCount) {
    return { allowed: true, look: undefined };
  }
  if (look === undefined) {
    return { allowed: false, look: { atMs: nowMs, pairs: new Set(due) } };
  }
  const isSeenTwice = [...due].every((pair) => look.pairs.has(pair));
  if (!isSeenTwice) {
    // What came on top begins the wait anew.
    return { allowed: false, look: { atMs: nowMs, pairs: new Set(due) } };
  }
  return { allowed: nowMs - look.atMs >= secondLookMs, look };
}

export function secondLookAt({ atMs }: FirstLook): number {
  return atMs + secondLookMs;
}
