import { advice, type Hint, joinHints, othersText } from '../../errors/hint.ts';

/** What did not come to its end. */
export interface Unfinished {
  /** `demo/web`, `Deployment demo/web`. */
  readonly what: string;
  /** What to do about it; undefined: what stands in its reason. */
  readonly hint: Hint | undefined;
}

/** More than these nobody reads; the reasons name all. */
const mostSteps = 10;

/** What to do about each failure, those of the same cure together, and then to run the command again. */
export function eachNextStep(unfinished: readonly Unfinished[]): Hint {
  const again = advice`run the same command again; what is done is not done again.`;
  const byText = new Map<string, { readonly hint: Hint; readonly names: string[] }>();
  for (const { what, hint } of unfinished) {
    if (hint !== undefined) {
      const same = byText.get(hint.toString()) ?? { hint, names: [] };
      same.names.push(what);
      byText.set(hint.toString(), same);
    }
  }
  const steps = [...byText.values()].map(
    ({ hint, names }) => advice`${namesOf(names)}: ${hint.withoutFullStop()}`,
  );
  if (steps.length === 0) {
    return advice`Fix what the reasons name and ${again}`;
  }
  const more = steps.length - mostSteps;
  const rest = more > 0 ? advice`; ${more} more are to be seen once these are done` : advice``;
  return advice`${joinHints(steps.slice(0, mostSteps), '; ')}${rest}. Then ${again}`;
}

function namesOf(names: readonly string[]): Hint {
  const shown = joinHints(
    names.slice(0, 5).map((name) => advice`${othersText(name)}`),
    ', ',
  );
  return names.length > 5 ? advice`${shown} and ${names.length - 5} more` : shown;
}
