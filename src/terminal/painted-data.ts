import type { Colours } from './colours.ts';

/** A string with what follows where it is a key, a word, a number. */
const jsonToken = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON text with its keys, texts and other values told apart; the letters are the same. */
export function paintedJson(text: string, colour: Colours): string {
  return text.replace(jsonToken, (token, string?: string, colon?: string) => {
    if (string === undefined) {
      return colour.yellow(token);
    }
    return colon === undefined ? colour.green(string) : `${colour.cyan(string)}${colon}`;
  });
}

const yamlKey = /^(\s*(?:- )*)("(?:[^"\\]|\\.)*"|[^\s"'#&*!|>%@`-][^:\n]*?)(?=:(?: |$))/gm;
const yamlComment = /^\s*#.*$/gm;

/** YAML text with its keys and whole lines of comment told apart. */
export function paintedYaml(text: string, colour: Colours): string {
  return text
    .replace(yamlKey, (_, indent: string, key: string) => `${indent}${colour.cyan(key)}`)
    .replace(yamlComment, (comment) => colour.dim(comment));
}
