import { distance } from 'fastest-levenshtein';

/** The word that was probably meant; undefined when none is near enough. */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  const bare = typed.toLowerCase();
  const prefixed = words.filter((word) => bare.length >= 3 && word.toLowerCase().startsWith(bare));
  if (prefixed.length === 1) {
    return prefixed[0];
  }
  const [best] = words
    .map((word) => ({ word, away: distance(bare, word.toLowerCase()) }))
    .sort((one, other) => one.away - other.away);
  if (best === undefined) {
    return undefined;
  }
  const letters = best.word.replace(/^-+/, '').length;
  // Two letters swapped are a distance of two.
  const allowed = letters <= 3 ? 1 : Math.max(2, Math.floor(letters / 3));
  return best.away <= allowed ? best.word : undefined;
}
