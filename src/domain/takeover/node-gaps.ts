/** A machine, and an identity that it is to carry. Both are ARM ids. */
export interface Carried {
  readonly machine: string;
  readonly identityId: string;
}

/** For so long a machine lacked an identity whose tokens pods get from there: at most, since one looks now and then. */
export interface NodeGap extends Carried {
  /** When it was there for the last time that one looked. RFC 3339. */
  readonly from: string;
  /** When it was seen to be back. RFC 3339; null: it is not. */
  readonly until: string | null;
}

/**
 * The gaps after one more look at the machines.
 *
 * @param missing at this look
 * @param times RFC 3339: of this look, and of the one before
 */
export function gapsAfterLook(
  gaps: readonly NodeGap[],
  missing: readonly Carried[],
  times: { readonly at: string; readonly before: string },
): readonly NodeGap[] {
  const isSame = (one: Carried) => (other: Carried) =>
    one.machine.toLowerCase() === other.machine.toLowerCase() &&
    one.identityId.toLowerCase() === other.identityId.toLowerCase();
  const open = gaps.filter(({ until }) => until === null);
  return [
    ...gaps.map((gap) =>
      gap.until === null && !missing.some(isSame(gap)) ? { ...gap, until: times.at } : gap,
    ),
    ...missing
      .filter((each) => !open.some(isSame(each)))
      .map(({ machine, identityId }) => ({ machine, identityId, from: times.before, until: null })),
  ];
}
