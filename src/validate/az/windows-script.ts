import { type AzScript, type FoundCommand, isAnswer, isAz, lineStart } from './az-script.ts';
import { withoutFences } from './transcript.ts';
import { type Token, type WindowsShell, windowsTokens } from './windows-tokens.ts';

/** Words after which a command may stand. */
const openers: Readonly<Record<WindowsShell, RegExp>> = {
  powershell:
    /^(?:if|elseif|else|while|foreach|switch|return|try|catch|finally|do|until|process|begin|end)$/i,
  cmd: /^(?:call|do|else|in)$/i,
};

/** The commands of az in a script for PowerShell or cmd. */
export function readWindowsScript(text: string, shell: WindowsShell): AzScript {
  const tokens = windowsTokens(shell === 'powershell' ? withoutFences(text) : text, shell).filter(
    ({ kind }) => kind !== 'comment',
  );
  const commands: FoundCommand[] = [];
  let opens = true;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'word' && opens && isAz(token.text)) {
      commands.push(commandAt(text, tokens, index, shell));
    }
    opens =
      (token.kind === 'separator' && (token.raw !== ')' || shell === 'cmd')) ||
      (opens && token.kind === 'word' && openers[shell].test(token.text));
  }
  return { shell, commands };
}

function commandAt(text: string, tokens: readonly Token[], index: number, shell: WindowsShell): FoundCommand {
  const behind = tokens.slice(index + 1);
  const length = behind.findIndex(
    (token, at) => token.kind === 'separator' && !isArgument(behind, at, shell),
  );
  const own = joinArguments(text, length < 0 ? behind : behind.slice(0, length));
  const next = length < 0 ? undefined : behind[length];
  const az = tokens[index];
  const before = tokens.slice(0, index);
  const lastLine = before.findLastIndex(({ raw }) => raw === '\n');
  const sameLine = before.slice(lastLine + 1);
  const start = az?.start ?? 0;
  const end = own.at(-1)?.end ?? az?.end ?? 0;
  const words = own.filter(({ kind }) => kind === 'word');
  const redirections = own.filter(({ kind }) => kind === 'redirection').map(({ raw }) => raw);
  const answer = answerBefore(sameLine);
  const isLink = (token: Token | undefined) => ['||', '&&', '|'].includes(token?.raw ?? '');
  const opened = sameLine.findLast(({ raw }) =>
    ['=', '+=', '(', '$(', '@(', "'", '{', ';'].includes(raw),
  )?.raw;
  const isValue =
    ['=', '+=', '$(', '@(', "'"].includes(opened ?? '') || (shell === 'powershell' && opened === '(');
  return {
    start,
    end,
    words: words.map(({ raw, text: plain }) => ({ raw, text: plain })),
    redirections,
    before: wordsBefore(text, sameLine, start),
    ...(answer === undefined ? {} : { answer: { start: answer.start, end: commandStart(sameLine, start) } }),
    consumed:
      next?.raw === '|' || isValue || redirections.some((each) => /^1?>/.test(each) && !isNowhere(each)),
    operand: isLink(next) || (answer === undefined && isLink(before.at(-1))) || isValue,
    alone: sameLine.length === 0 && (next === undefined || next.raw === '\n'),
    commentAt: lineStart(text, sameLine[0]?.start ?? start),
  };
}

/** `(az …)` and `{…}` as an argument of PowerShell belong to the command before them. */
function isArgument(tokens: readonly Token[], at: number, shell: WindowsShell): boolean {
  if (shell !== 'powershell') {
    return false;
  }
  const depth = (upTo: number) =>
    tokens.slice(0, upTo).reduce((sum, { raw }) => sum + (/\($/.test(raw) ? 1 : raw === ')' ? -1 : 0), 0);
  const raw = tokens[at]?.raw ?? '';
  return /\($/.test(raw) || depth(at) > 0;
}

/** An argument in brackets is one word. */
function joinArguments(text: string, tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    const last = joined.at(-1);
    if (last !== undefined && (depth > 0 || (token.raw === ')' && last.kind === 'word'))) {
      const raw = text.slice(last.start, token.end);
      joined[joined.length - 1] = { ...last, raw, text: raw, end: token.end };
    } else {
      joined.push(/\($/.test(token.raw) ? { ...token, kind: 'word' } : token);
    }
    depth += /\($/.test(token.raw) ? 1 : token.raw === ')' ? -1 : 0;
  }
  return joined;
}

function wordsBefore(text: string, sameLine: readonly Token[], start: number): string {
  return text.slice(commandStart(sameLine, start), start);
}

/** Where the command begins of which the words stand last. */
function commandStart(sameLine: readonly Token[], start: number): number {
  return sameLine[sameLine.findLastIndex(({ kind }) => kind === 'separator') + 1]?.start ?? start;
}

/** Of `echo y |`, its first word. */
function answerBefore(sameLine: readonly Token[]): Token | undefined {
  const pipe = sameLine.findLastIndex(({ kind }) => kind === 'separator');
  if (sameLine[pipe]?.raw !== '|') {
    return undefined;
  }
  const before = sameLine.slice(0, pipe);
  const at = before.findLastIndex(({ kind }) => kind === 'separator');
  const words = before.slice(at + 1);
  return before[at]?.raw !== '|' &&
    words.every(({ kind }) => kind === 'word') &&
    isAnswer(words.map(({ text }) => text))
    ? words[0]
    : undefined;
}

function isNowhere(redirection: string): boolean {
  return /(?:\$null|\bnul)$/i.test(redirection);
}
