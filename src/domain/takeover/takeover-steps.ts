/** The steps of a takeover, by their numbers. */
export const takeoverSteps = [
  'plan: exported, and nothing blocks it',
  "agent: podid's agent answers beside the add-on's, on every node",
  'source: tokens by exchange where they can be',
  'hold: every agent holds the same view',
  'disable: the add-on is off',
  "objects: the definitions and objects are podid's own",
  'nodes: what AKS took from the nodes is back on them',
  "port: podid's agent is at the usual ports",
  'clean-up: nothing is held any more',
] as const;

/** Of the last step. */
export const lastTakeoverStep = takeoverSteps.length - 1;

/** How a takeover stands. */
export type TakeoverState = 'not-begun' | 'under-way' | 'done' | 'rolled-back';

/** What the probe pods asked and got. Milliseconds; null where none was answered. */
export interface TakeoverProof {
  readonly asked: number;
  readonly answered: number;
  readonly longestMs: number | null;
  /** Names of nodes whose probe pod was not there, or asked nothing. */
  readonly silent: readonly string[];
}

export const noProof: TakeoverProof = { asked: 0, answered: 0, longestMs: null, silent: [] };

/** All steps together. */
export function sumOfProofs(proofs: readonly TakeoverProof[]): TakeoverProof {
  return proofs.reduce((sum, { asked, answered, longestMs, silent }) => {
    const longest = [sum.longestMs, longestMs].filter((ms) => ms !== null);
    return {
      asked: sum.asked + asked,
      answered: sum.answered + answered,
      longestMs: longest.length === 0 ? null : Math.max(...longest),
      silent: [...new Set([...sum.silent, ...silent])].toSorted(),
    };
  }, noProof);
}

/** Whether every request was answered, and every node asked. */
export function isProven({ asked, answered, silent }: TakeoverProof): boolean {
  return asked > 0 && answered === asked && silent.length === 0;
}
