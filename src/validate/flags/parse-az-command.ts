import type { AzCommand, AzFlag } from '../../domain/az/az-command.ts';
import { parseShellWords, type ShellWord } from './shell-words.ts';

/**
 * Takes an az command line apart: `az`, the words of the command, its flags with the values after each.
 *
 * @throws SyntaxError when it is not one simple command that begins with `az`
 */
export function parseAzCommand(line: string): AzCommand {
  const [az, ...rest] = parseShellWords(line);
  if (az?.text !== 'az') {
    throw new SyntaxError('it does not begin with az');
  }
  const firstFlag = rest.findIndex(isFlag);
  const words = firstFlag < 0 ? rest : rest.slice(0, firstFlag);
  const flags: { name: string; values: string[] }[] = [];
  for (const word of rest.slice(words.length)) {
    if (isFlag(word)) {
      flags.push(readFlag(word));
    } else {
      flags.at(-1)?.values.push(word.raw);
    }
  }
  return { words: words.map(({ text }) => text), flags };
}

/** Quoted it is one all the same, to az as to everyone; a negative number is none. */
function isFlag({ text }: ShellWord): boolean {
  return /^-(?:-|[A-Za-z])/.test(text);
}

/** `--name=value`, `-gvalue`, or the name alone. */
function readFlag({ raw }: ShellWord): AzFlag & { values: string[] } {
  const [, long, longValue] = /^(--[\w-]+)=(.*)$/s.exec(raw) ?? [];
  if (long !== undefined && longValue !== undefined) {
    return { name: long, values: [longValue] };
  }
  const [, short, shortValue] = /^(-[A-Za-z])=?(.+)$/s.exec(raw) ?? [];
  if (short !== undefined && shortValue !== undefined) {
    return { name: short, values: [shortValue] };
  }
  return { name: raw, values: [] };
}
