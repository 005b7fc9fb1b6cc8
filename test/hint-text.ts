interface Matcher {
  asymmetricMatch(other: unknown): boolean;
}

/** What a hint says to somebody at a POSIX shell: the whole text, a part that fits a pattern, or a matcher of vitest's. */
export function hintText(wanted: string | RegExp | Matcher): Matcher & { toString(): string } {
  return {
    asymmetricMatch(other) {
      const text = other === undefined || other === null ? undefined : String(other);
      if (typeof wanted === 'string' || text === undefined) {
        return text === wanted;
      }
      return wanted instanceof RegExp ? wanted.test(text) : wanted.asymmetricMatch(text);
    },
    toString: () => `hint ${String(wanted)}`,
  };
}
