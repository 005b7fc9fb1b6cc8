/**
 * The same text by itself: a piece of a longer one keeps all of that in memory, and a header may have 16 kB.
 *
 * @param ascii without other characters
 */
export function ownCopy(ascii: string): string {
  return Buffer.from(ascii, 'latin1').toString('latin1');
}
