import { globalFlags } from '../../../src/cli/flags/global-flags.ts';
import { parseCommandLine } from '../../../src/cli/run/command-line.ts';
import { commandTree } from '../../../src/cli/run/command-tree.ts';
import type { Hint } from '../../../src/errors/hint.ts';
import { readFlags, takeWord } from '../../../src/flags/read-flags.ts';
import { checkRest } from '../../../src/flags/unknown-words.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';

/** The commands of a hint, word for word. */
export function wordsOf(hint: Hint): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  hint.withCommands(({ words }) => {
    found.push(words);
    return words;
  });
  return found;
}

/** What keeps the commands of a hint from being typed as they stand; a hint without any is a fault, too. */
export async function faultsOfHint(hint: Hint): Promise<readonly string[]> {
  const commands = wordsOf(hint);
  const faults = await Promise.all(
    commands.map((words) => (words[0] === 'podid' ? ofPodid(words) : ofOthers(words))),
  );
  const told = hint.parts.filter((part) => typeof part === 'string').join(' ');
  const unexplained = commands
    .flat()
    // `NAME-` takes a variable away.
    .filter((word) => !word.endsWith('-'))
    .flatMap((word) => word.match(/(?<=^|[/=:"])[A-Z][A-Z_-]+(?=$|["/])/g) ?? [])
    .filter((word) => !new RegExp(`\\b${word}\\b`).test(told))
    .map((word) => `${word} is not explained`);
  const { parts } = hint;
  const isOnlyCommands = typeof parts[0] !== 'string' && typeof parts.at(-1) !== 'string';
  const unpasted = isOnlyCommands && parts.includes('; then ') ? ['no shell takes `; then`'] : [];
  return [...(commands.length === 0 ? ['no command'] : []), ...faults.flat(), ...unexplained, ...unpasted];
}

async function ofPodid(words: readonly string[]): Promise<readonly string[]> {
  const { command, occurrences, rest } = await parseCommandLine(commandTree, words.slice(1));
  if (command === undefined) {
    return [`podid has no command ${words.join(' ')}`];
  }
  const faults = new UsageFaults();
  const flags = { ...globalFlags, ...command.flags };
  readFlags(flags, occurrences, faults);
  checkRest(takeWord(rest, command.word, faults).rest, flags, command.misnamed ?? {}, faults);
  return faults.messages;
}

function ofOthers(words: readonly string[]): readonly string[] {
  const line = words.join(' ');
  const known =
    /^(?:kubectl (?:annotate|create serviceaccount|edit|get|label|patch|set env)|az (?:ad app federated-credential create|aks update|identity (?:show|federated-credential (?:create|delete|list)))) /;
  const faults = known.test(line) ? [] : [`nobody knows ${line}`];
  for (const flag of ['-p', '--parameters'].filter((each) => words.includes(each))) {
    try {
      JSON.parse(words[words.indexOf(flag) + 1] ?? '');
    } catch {
      faults.push(`${flag} of ${line} is no JSON`);
    }
  }
  return [...faults, ...(words.includes('') ? [`${line} has an empty word`] : [])];
}
