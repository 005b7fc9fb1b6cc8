import type { AzCommand, AzFlag, AzTranslation, ScriptShell } from '../../domain/az/az-command.ts';
import { translateAz } from '../../domain/az/translate-az.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { AzScript, FoundCommand } from '../../validate/az/az-script.ts';
import { parseAzCommand } from '../../validate/az/parse-az-command.ts';
import { renderCommands } from './render-commands.ts';

/** A command of the script, and what becomes of it. */
export interface Part {
  readonly found: FoundCommand;
  readonly line: number;
  readonly typed: string;
  readonly becomes: AzTranslation | { readonly kind: 'refused'; readonly reason: string };
}

export function partsOf(text: string, { commands, shell }: AzScript): Part[] {
  const parsed = commands.map((found) => ({ found, command: parseAzCommand(found, shell) }));
  const cluster = clusterOf(parsed.map(({ command }) => command));
  return parsed.map(({ found, command }) => ({
    found,
    line: lineOf(text, found.start),
    typed: text.slice(found.start, found.end),
    becomes: becomes(cluster === undefined ? command : { ...command, cluster }, found, shell),
  }));
}

function becomes(command: AzCommand, found: FoundCommand, shell: ScriptShell): Part['becomes'] {
  try {
    const translation = translateAz(command);
    const isOne = translation.kind !== 'typed' || translation.commands.length < 2;
    return isOne || renderCommands(translation.commands, found, '', shell) !== undefined
      ? translation
      : {
          kind: 'refused',
          reason: 'It becomes several commands, which cannot stand here: write it in a line of its own.',
        };
  } catch (error) {
    if (!isPodidError(error, 'InvalidUsage')) {
      throw error;
    }
    return { kind: 'refused', reason: error.message };
  }
}

/** The cluster of all commands of a script that name one, where it is the same. */
function clusterOf(commands: readonly AzCommand[]): readonly AzFlag[] | undefined {
  const named = commands.flatMap(({ words, flags }) => {
    const isEntry = words[1] === 'pod-identity';
    if (words[0] !== 'aks' || !(isEntry || ['update', 'create'].includes(words[1] ?? ''))) {
      return [];
    }
    const given = (...names: readonly string[]) => flags.find(({ name }) => names.includes(name))?.values;
    const group = given('--resource-group', '-g');
    const name = isEntry ? given('--cluster-name') : given('--name', '-n');
    return group === undefined || name === undefined ? [] : [JSON.stringify([group, name])];
  });
  const [first, ...others] = new Set(named);
  if (first === undefined || others.length > 0) {
    return undefined;
  }
  const [group, name] = JSON.parse(first) as [string[], string[]];
  return [
    { name: '-g', values: group },
    { name: '-c', values: name },
  ];
}

export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

export function placeText(text: string, at: number): string {
  return text.trim().includes('\n') ? `line ${lineOf(text, at)}: ` : '';
}
