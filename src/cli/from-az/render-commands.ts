import type { ScriptShell, TypedCommand } from '../../domain/az/az-command.ts';
import type { FoundCommand } from '../../validate/az/az-script.ts';

/** How the three shells go on in the next line, and what does nothing and succeeds. */
const marks: Readonly<Record<ScriptShell, { readonly goOn: string; readonly nothing: string }>> = {
  posix: { goOn: '\\', nothing: ':' },
  powershell: { goOn: '`', nothing: '$null = 0' },
  cmd: { goOn: '^', nothing: 'ver >nul' },
};

/**
 * Commands as the shell takes them in the place of the one that was found: the first with one flag to a line where that
 * had several lines.
 *
 * @param typed the text of the found command
 * @returns undefined where they cannot stand in its place
 */
export function renderCommands(
  commands: readonly TypedCommand[],
  found: Pick<FoundCommand, 'before' | 'operand' | 'redirections'>,
  typed: string,
  shell: ScriptShell,
): string | undefined {
  const indent = /\n([ \t]*)\S[^\n]*$/.exec(typed)?.[1];
  const between = indent === undefined ? ' ' : ` ${marks[shell].goOn}\n${indent}`;
  const lines = commands.map(({ head, flags }, index) =>
    [head, ...flags.map(({ name, values }) => [name, ...values].join(' '))].join(index === 0 ? between : ' '),
  );
  const behind = found.redirections.map((each) => ` ${each}`).join('');
  const [first = marks[shell].nothing, second, ...others] = lines;
  if (second === undefined) {
    return lines.length === 0 ? first : first + behind;
  }
  if (!found.operand && behind === '') {
    return joined([first, ...[second, ...others].map((line) => found.before + line)], shell);
  }
  return found.before === '' ? grouped(joined([first, second, ...others], shell), shell) + behind : undefined;
}

/** Each when the one before it succeeded; PowerShell 5.1 has no `&&`. */
function joined(lines: readonly string[], shell: ScriptShell): string {
  return shell === 'powershell'
    ? lines.reduceRight((rest, line) => `${line}; if ($?) { ${rest} }`)
    : lines.join(' && ');
}

function grouped(list: string, shell: ScriptShell): string {
  return { posix: `{ ${list}; }`, powershell: `& { ${list} }`, cmd: `(${list})` }[shell];
}
