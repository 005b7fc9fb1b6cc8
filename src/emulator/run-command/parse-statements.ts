export interface Statement {
  readonly words: readonly string[];
  /** How it is joined to the one before: `;` runs whatever that came to, `&&` only after success. */
  readonly after: ';' | '&&';
}

/**
 * What is known to lead kubectl neither out of its folder nor to another cluster, and to end. Everything else
 * is refused: kubectl has many flags that read files, and joins short ones (`-Rf`, `-shttps://…`).
 */
const allowedFlag = new RegExp(
  `^(?:-A|-[noflp].*|--(?:${[
    ...['all', 'all-namespaces', 'cascade', 'client', 'dry-run', 'field-manager', 'field-selector'],
    ...['filename', 'for', 'force-conflicts', 'grace-period', 'ignore-not-found', 'namespace', 'no-headers'],
    ...['output', 'overwrite', 'patch', 'patch-file', 'raw', 'request-timeout', 'selector', 'server-side'],
    ...['show-labels', 'show-managed-fields', 'sort-by', 'timeout', 'type', 'validate', 'wait'],
  ].join('|')})(?:=.*)?)$`,
  's',
);
const verbs = [
  'get',
  'create',
  'replace',
  'apply',
  'patch',
  'delete',
  'describe',
  'version',
  'wait',
  'label',
];

/**
 * The kubectl commands of a text in which a shell would find nothing but words, quotes, `;` and `&&`. Azure
 * gives the text to a shell; here none is started, and what only a shell could do is refused.
 *
 * @throws Error that says what is not understood
 */
export function parseStatements(text: string): readonly Statement[] {
  const statements: Statement[] = [];
  let words: string[] = [];
  let after: Statement['after'] = ';';
  const close = (next: Statement['after']) => {
    if (words.length > 0) {
      statements.push({ words: checked(words), after });
    }
    words = [];
    after = next;
  };
  let rest = text;
  while (rest !== '') {
    const space = /^[ \t\r\n]+/.exec(rest)?.[0];
    const join = /^(?:;|&&)/.exec(rest)?.[0];
    const word = /^(?:[^\s;&|<>()$`'"\\*?[\]{}~#!]|'[^']*'|"[^"$`\\]*")+/.exec(rest)?.[0];
    const taken = space ?? join ?? word;
    if (taken === undefined) {
      throw new Error(`the emulator does not understand ${JSON.stringify(rest[0])} in a command`);
    }
    if (join !== undefined) {
      close(join === '&&' ? '&&' : ';');
    } else if (word !== undefined && space === undefined) {
      words.push(unquoted(word));
    }
    rest = rest.slice(taken.length);
  }
  close(';');
  if (statements.length === 0) {
    throw new Error('the command is empty');
  }
  return statements;
}

function unquoted(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"([^"]*)"/g,
    (_, single?: string, double?: string) => single ?? double ?? '',
  );
}

function checked(words: readonly string[]): readonly string[] {
  const [program, verb = '', ...rest] = words;
  if (program !== 'kubectl') {
    throw new Error(`the emulator runs kubectl alone, not ${program}`);
  }
  if (!verbs.includes(verb)) {
    throw new Error(`the emulator runs no kubectl ${verb}`);
  }
  for (const word of rest) {
    if (word.startsWith('-') && !allowedFlag.test(word)) {
      throw new Error(`the emulator takes no ${word.split('=')[0]}`);
    }
  }
  for (const file of filesOf(rest)) {
    if (!/^[\w-][\w.-]*$/.test(file)) {
      throw new Error('a file must be one of the context');
    }
  }
  return words;
}

function filesOf(words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    if (['-f', '--filename', '--patch-file'].includes(word)) {
      return [words[index + 1] ?? ''];
    }
    const inline = /^(?:-f|--filename=|--patch-file=|(?:-o=?|--output=)?[a-z-]*file=)(.+)$/s.exec(word);
    return inline === null ? [] : [inline[1] ?? ''];
  });
}
