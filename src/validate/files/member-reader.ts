import { quoted, type Rule, type UsageFaults } from '../usage-faults.ts';
import type { Located, LocatedEntry } from './located-yaml.ts';

/** Reads the members of maps, and reports what is wrong with them at their places. */
export class MemberReader {
  readonly #faults: UsageFaults;

  constructor(faults: UsageFaults) {
    this.#faults = faults;
  }

  /** The members by key; unknown and missing ones are faults. @param what a noun with its article: `an identity` */
  members(
    located: Located,
    what: string,
    known: readonly string[],
    required: readonly string[],
  ): ReadonlyMap<string, Located> {
    const entries = located.map(what);
    if (entries === undefined) {
      return new Map();
    }
    for (const entry of entries) {
      if (!known.includes(entry.key)) {
        this.#unknownKey(entry, what, known);
      }
    }
    for (const key of required) {
      if (!entries.some((entry) => entry.key === key)) {
        this.#faults.addAt(located.place, `${key} is missing: ${what} needs it.`);
      }
    }
    return new Map(entries.map(({ key, value }) => [key, value]));
  }

  /** Undefined, and a fault unless there is none, when it is no text that keeps the rule. */
  text(members: ReadonlyMap<string, Located>, key: string, noun: string, rule: Rule): string | undefined {
    const located = members.get(key);
    const text = located?.text(key);
    if (located === undefined || text === undefined) {
      return undefined;
    }
    return this.#faults.checkAt(located.place, text, noun, rule) ? text : undefined;
  }

  /** A member that has one value alone. */
  constant(located: Located | undefined, key: string, wanted: string): void {
    const text = located?.text(key);
    if (located === undefined || text === undefined || text === wanted) {
      return;
    }
    this.#faults.addAt(located.place, `${key} is ${quoted(text)}, and podid knows only ${wanted}.`);
  }

  #unknownKey({ key, keyPlace }: LocatedEntry, what: string, known: readonly string[]): void {
    const meant = known.find((each) => each.toLowerCase() === key.toLowerCase().replace(/[-_]/g, ''));
    const hint = meant === undefined ? `It has ${known.join(', ')}.` : `Did you mean ${meant}?`;
    this.#faults.addAt(keyPlace, `${what} has no ${quoted(key)}. ${hint}`);
  }
}
