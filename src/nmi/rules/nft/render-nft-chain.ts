/** One chain of a table. @param hook where it begins, and its policy; empty for a chain that others go to */
export function chain(name: string, hook: string, rules: readonly string[]): string {
  return [
    `\tchain ${name} {`,
    ...(hook === '' ? [] : [hook]).concat(rules).map((line) => `\t\t${line}`),
    '\t}',
  ].join('\n');
}
