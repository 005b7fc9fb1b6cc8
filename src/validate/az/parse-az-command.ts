import type { AzCommand, AzFlag, ScriptShell } from '../../domain/az/az-command.ts';
import type { FoundCommand, ScriptWord } from './az-script.ts';

/** Takes the words behind `az` apart: those of the command, and its flags with the values after each. */
export function parseAzCommand(
  { words, consumed, answer, answered }: FoundCommand,
  shell: ScriptShell,
): AzCommand {
  const firstFlag = words.findIndex(isFlag);
  const own = firstFlag < 0 ? words : words.slice(0, firstFlag);
  const flags: { name: string; values: string[] }[] = [];
  for (const word of words.slice(own.length)) {
    if (isFlag(word)) {
      flags.push(readFlag(word));
    } else {
      flags.at(-1)?.values.push(word.raw);
    }
  }
  return {
    words: own.map(({ text }) => (/^[a-z-]+$/i.test(text) ? text.toLowerCase() : text)),
    flags,
    shell,
    consumed,
    answered: answer !== undefined || answered === true,
  };
}

/** Quoted it is one all the same, to az as to everyone; a negative number is none. */
function isFlag({ text }: ScriptWord): boolean {
  return /^-(?:-|[A-Za-z])/.test(text);
}

/** `--name=value`, `-gvalue`, or the name alone; quotes around the whole are those of the value. */
function readFlag({ raw, text }: ScriptWord): AzFlag & { values: string[] } {
  const [, quote = ''] = /^(["'])-.*\1$/s.exec(raw) ?? [];
  const typed = quote === '' ? raw : raw.slice(1, -1);
  const [, long, longValue] = /^(--[\w-]+)=(.*)$/s.exec(typed) ?? [];
  if (long !== undefined && longValue !== undefined) {
    return { name: long, values: [quote + longValue + quote] };
  }
  const [, short, shortValue] = /^(-[A-Za-z])=?(.+)$/s.exec(typed) ?? [];
  if (short !== undefined && shortValue !== undefined) {
    return { name: short, values: [quote + shortValue + quote] };
  }
  return { name: text, values: [] };
}
