import type { ScriptShell } from '../../domain/az/az-command.ts';

/** What a line of PowerShell or cmd falls into. */
export interface Token {
  readonly kind: 'word' | 'separator' | 'redirection' | 'comment';
  readonly raw: string;
  /** Of a word: without quotes. A line's end is `\n`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type WindowsShell = Exclude<ScriptShell, 'posix'>;

/** Takes a script apart as far as its commands show; what is not closed goes to the end of the text. */
export function windowsTokens(text: string, shell: WindowsShell): Token[] {
  const tokens: Token[] = [];
  const { blank, comment, separator, redirection, word } = patterns[shell];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] || undefined;
  };
  while (at < text.length) {
    const space = take(blank);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const start = at;
    const isFirst = tokens.length === 0 || tokens.at(-1)?.kind === 'separator';
    const found =
      (isFirst || shell === 'powershell' ? kindOf('comment', take(comment)) : undefined) ??
      kindOf('redirection', take(redirection)) ??
      kindOf('separator', take(separator)) ??
      kindOf('word', take(word) ?? text.slice(at, at + 1));
    at += found?.raw.length ?? 1;
    if (found !== undefined) {
      tokens.push({ ...found, text: plainText(found.raw, found.kind, shell), start, end: at });
    }
  }
  return tokens;
}

function kindOf(kind: Token['kind'], raw: string | undefined) {
  return raw === undefined ? undefined : { kind, raw };
}

/** Brackets of a value nest two deep at most in what people write. */
const round = String.raw`\((?:[^()"'\n]|"[^"]*"|'[^']*'|\((?:[^()"']|"[^"]*"|'[^']*')*\))*\)`;
const placeholder = String.raw`<[A-Za-z][\w.-]*(?:[ -][\w.-]+)*>`;

const patterns: Readonly<Record<WindowsShell, Readonly<Record<string, RegExp> & PatternNames>>> = {
  powershell: {
    blank: /(?:[ \t\u00a0]|`[ \t]*\r?\n|\r(?=\n))+/y,
    comment: /<#[\s\S]*?(?:#>|$)|#[^\n]*/y,
    redirection: /(?:[\d*]?>>?(?:&\d|[ \t]*(?:"[^"]*"|'[^']*'|[^\s;|&()]+)))/y,
    separator: /\n|\|\||&&|[|;&(){}]|\$\((?=\s*(?:&\s*)?(?:"[^"\n]*[\\/])?az\b)|@\(|\+?=(?=[\s(&$])/y,
    word: new RegExp(
      String.raw`(?:@"\r?\n[\s\S]*?\n"@|@'\r?\n[\s\S]*?\n'@|"(?:[^"\x60$]|\x60[\s\S]|""|\$${round}|\$(?!\())*"|'(?:[^']|'')*'|\x60[^\r\n]|\$${round}|\$\{[^}\n]*\}|${placeholder}|[^\s"'\x60|;&(){}<>])+`,
      'y',
    ),
  },
  cmd: {
    blank: /(?:[ \t]|\^[ \t]*\r?\n[ \t]*|\r(?=\n))+/y,
    comment: /@?rem(?:[ \t][^\n]*)?(?=\n|$)|::[^\n]*/iy,
    redirection: /[12]?>>?(?:&[12]|[ \t]*(?:"[^"\n]*"|[^\s&|()]+))/y,
    separator: /\n|\|\||&&|[|&()@]|'(?=az\b)|'(?=\s*\))/iy,
    word: new RegExp(String.raw`(?:"[^"\n]*"?|\^[^\r\n]|${placeholder}|[^\s"^&|()<>'@]|'(?!\s*\))|@)+`, 'y'),
  },
};

interface PatternNames {
  readonly blank: RegExp;
  readonly comment: RegExp;
  readonly redirection: RegExp;
  readonly separator: RegExp;
  readonly word: RegExp;
}

function plainText(raw: string, kind: Token['kind'], shell: WindowsShell): string {
  if (kind !== 'word') {
    return raw;
  }
  if (shell === 'cmd') {
    return raw.replace(/"|\^(?=.)/g, '');
  }
  return raw.replace(
    /"((?:[^"`]|`[\s\S]|"")*)"|'((?:[^']|'')*)'|`([^\r\n])/g,
    (_all, double, single, escaped) =>
      (double?.replace(/`(.)|"(")/g, '$1$2') ?? single?.replaceAll("''", "'") ?? escaped) as string,
  );
}
