/** A word of a POSIX shell command line. */
export interface ShellWord {
  /** As typed, with its quotes. */
  readonly raw: string;
  /** Without quotes; variables and substitutions stand as they are. */
  readonly text: string;
}

/**
 * Splits one simple command into words, as a POSIX shell would, and expands nothing. A backslash before a
 * line break joins lines.
 *
 * @throws SyntaxError on anything but one simple command: pipes, lists, redirections, comments, an open quote
 */
export function parseShellWords(line: string): ShellWord[] {
  const words: ShellWord[] = [];
  let at = 0;
  for (;;) {
    at = skipBlanks(line, at);
    if (at >= line.length) {
      return words;
    }
    if (/[\r\n]/.test(line[at] ?? '')) {
      throw new SyntaxError('it has several lines');
    }
    if (line[at] === '#') {
      throw new SyntaxError('it has a comment');
    }
    const word = readWord(line, at);
    words.push(word);
    at += word.length;
  }
}

/** Line breaks at the very end are not a second command. */
function skipBlanks(line: string, from: number): number {
  const blanks = /^(?:[ \t]|\\\r?\n)*/.exec(line.slice(from))?.[0].length ?? 0;
  const at = from + blanks;
  return line.slice(at).trim() === '' ? line.length : at;
}

function readWord(line: string, start: number): ShellWord & { readonly length: number } {
  let at = start;
  let raw = '';
  let text = '';
  while (at < line.length && !/[ \t\r\n]/.test(line[at] ?? '')) {
    const piece = readPiece(line, at);
    at += piece.length;
    raw += piece.raw;
    text += piece.text;
  }
  return { raw, text, length: at - start };
}

interface Piece {
  readonly raw: string;
  readonly text: string;
  /** Characters of the line that it took. */
  readonly length: number;
}

function readPiece(line: string, at: number): Piece {
  const rest = line.slice(at);
  const joined = /^\\\r?\n/.exec(rest)?.[0];
  if (joined !== undefined) {
    return { raw: '', text: '', length: joined.length };
  }
  const [mark = ''] = rest;
  if (mark === '\\') {
    return asTyped(rest.slice(0, 2), rest.slice(1, 2));
  }
  if (mark === "'") {
    return singleQuoted(rest);
  }
  if (mark === '"') {
    return doubleQuoted(rest);
  }
  if (mark === '$' || mark === '`') {
    return asTyped(expansionIn(rest));
  }
  if (/[|&;<>()]/.test(mark)) {
    const advice = mark === '|' ? '; translate the part before | alone' : '';
    throw new SyntaxError(`it has ${JSON.stringify(mark)} outside quotes${advice}`);
  }
  return asTyped(mark);
}

function asTyped(raw: string, text = raw): Piece {
  return { raw, text, length: raw.length };
}

function singleQuoted(rest: string): Piece {
  const raw = /^'[^']*'/.exec(rest)?.[0];
  if (raw === undefined) {
    throw openQuote();
  }
  return asTyped(raw, raw.slice(1, -1));
}

function doubleQuoted(rest: string): Piece {
  let text = '';
  let at = 1;
  while (at < rest.length && rest[at] !== '"') {
    const [mark = ''] = rest.slice(at);
    const escaped = /^\\["\\$`]/.exec(rest.slice(at))?.[0];
    const piece = escaped ?? (mark === '$' || mark === '`' ? expansionIn(rest.slice(at)) : mark);
    text += escaped === undefined ? piece : escaped.slice(1);
    at += piece.length;
  }
  if (at >= rest.length) {
    throw openQuote();
  }
  return asTyped(rest.slice(0, at + 1), text);
}

/** `$NAME`, `${…}`, `$(…)` or a pair of backquotes, whole; a lone dollar sign is itself. */
function expansionIn(rest: string): string {
  if (rest.startsWith('`')) {
    const quoted = /^`(?:[^`\\]|\\.)*`/s.exec(rest)?.[0];
    if (quoted === undefined) {
      throw openQuote();
    }
    return quoted;
  }
  if (rest.startsWith('${')) {
    return bracketed(rest, '{', '}');
  }
  if (rest.startsWith('$(')) {
    return bracketed(rest, '(', ')');
  }
  return /^\$\w*/.exec(rest)?.[0] ?? '$';
}

/** Up to the bracket that closes the first one; brackets in quotes do not count. */
function bracketed(rest: string, open: string, close: string): string {
  let depth = 0;
  for (let at = 1; at < rest.length; at++) {
    const mark = rest[at] ?? '';
    if (mark === '\\') {
      at += 1;
    } else if (mark === "'") {
      at += singleQuoted(rest.slice(at)).length - 1;
    } else if (mark === '"') {
      at += doubleQuoted(rest.slice(at)).length - 1;
    } else if (mark === open) {
      depth += 1;
    } else if (mark === close) {
      depth -= 1;
      if (depth === 0) {
        return rest.slice(0, at + 1);
      }
    }
  }
  throw openQuote();
}

function openQuote(): SyntaxError {
  return new SyntaxError('a quote or bracket in it is never closed');
}
