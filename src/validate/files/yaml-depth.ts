import { Lexer, Parser } from 'yaml';

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
