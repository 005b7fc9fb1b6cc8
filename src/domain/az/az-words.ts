import type { AzCommand } from './az-command.ts';
import { refused } from './az-flags.ts';

/** Why a word of a command is none, where one of them is a variable or begins as no word of az does. */
export function strangeWord(words: readonly string[]): string | undefined {
  for (const word of words) {
    if (/^[–—−]/.test(word)) {
      return longDash(word);
    }
    if (/^[$%@!{]/.test(word)) {
      return `What ${word} stands for cannot be seen: write the words out behind az.`;
    }
  }
  return undefined;
}

/**
 * What a word processor or a page made of dashes and quotes; PowerShell alone takes such quotes for quotes.
 *
 * @throws PodidError InvalidUsage for a command whose words or values are not what they look like
 */
export function checkTyped({ words, flags, shell }: AzCommand): void {
  const strange = strangeWord(words);
  if (strange !== undefined) {
    throw refused(strange);
  }
  for (const value of flags.flatMap(({ values }) => values)) {
    if (/^[–—−]/.test(value)) {
      throw refused(longDash(value));
    }
    if (shell !== 'powershell' && /[\u00a0\u202f\u200b-\u200d\u2060\ufeff]/.test(value)) {
      throw refused(
        `${value} holds a space that is none to a shell, such as a no-break space of a web page: type a plain one.`,
      );
    }
    if (shell !== 'powershell' && /^[“”„‘’]/.test(value)) {
      throw refused(
        `${value} has the quotes of a word processor, which a shell takes for letters: write " or '.`,
      );
    }
  }
}

function longDash(word: string): string {
  return `${word} begins with a long dash, as word processors make it; a flag begins with "-" or "--".`;
}
