import { isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';

/** Levels of lists and maps in each other; no file of Kubernetes', Helm's or podid's comes near. */
export const deepestYaml = 200;

/**
 * Whether a text is nested deeper than that. The library goes down by recursion: where the stack ends while V8
 * compiles a regular expression, the process ends with it, and no `catch` is asked. Reading tokens needs no stack.
 */
export function isNestedTooDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme)) {
      // What is complete is of no interest.
    }
    if (parser.stack.length > deepestYaml) {
      return true;
    }
  }
  return false;
}

/** Written without quotes and tag, so that the reader decides what it is. */
export function plainOf(value: Node | undefined): string | undefined {
  return isScalar(value) && value.type === 'PLAIN' && value.tag === undefined
    ? (value.source ?? '')
    : undefined;
}

/** As a sentence has it that says what is wrong. */
export function kindOf(node: Node | undefined): string {
  if (isMap(node)) {
    return 'a map';
  }
  if (isSeq(node)) {
    return 'a list';
  }
  const value = isScalar(node) ? node.value : null;
  if (value === null || value === undefined) {
    return 'empty';
  }
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
