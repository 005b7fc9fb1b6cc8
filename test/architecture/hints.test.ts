import { describe, expect, it } from 'vitest';
import { commandTree } from '../../src/cli/run/command-tree.ts';
import { sourceFiles } from './source-files.ts';

/** What begins a command in a text of ours, as opposed to a sentence about the program. */
const verbs = {
  kubectl:
    'annotate|apply|auth|create|delete|describe|edit|exec|get|label|logs|patch|rollout|run|scale|taint',
  az: 'account|ad|aks|feature|group|identity|lock|login|provider|resource|role|rest|vm|vmss',
  helm: 'get|install|list|rollback|uninstall|upgrade',
  podid:
    'add|apply|cluster|delete|disable|doctor|emulator|enable|exception|export|init|list|mirror|nmi|node|plan|policy|show|status|token|update|wait',
  export: '[A-Z]',
  curl: '',
};
const begin = new RegExp(
  `(?:^|[\\s(:;&|])(?:${Object.entries(verbs)
    .map(([program, next]) => `${program} (?:${next})`)
    .join('|')})(?!,)`,
);

/**
 * Not shown to anybody as something to type: scripts that podid runs itself, and lines that consist of words
 * as they were typed and quoted.
 */
const exempt = [
  'src/k8s/run-command/kubectl-text.ts',
  'src/domain/az/',
  'src/commands/emulator.ts',
  'src/emulator/',
];

interface Template {
  readonly path: string;
  readonly tag: string;
  /** The text before each value. */
  readonly before: readonly string[];
  /** Each value as its source has it, with the text between it and the next. */
  readonly values: readonly { readonly source: string; readonly after: string; readonly isFirst: boolean }[];
  readonly text: string;
  /** Of the whole file. */
  readonly code: string;
}

const templates = sourceFiles('src')
  .filter(({ path }) => !exempt.some((each) => path.startsWith(each)))
  .flatMap(({ path, text }) => templatesIn(path, text));

describe('a command that podid shows', () => {
  it('is nowhere a template string with a value', () => {
    expect(templates.length).toBeGreaterThan(500);
    const strange = templates.filter(
      ({ tag, before }) => tag !== 'advice' && before.some((text) => begin.test(text)),
    );
    expect(strange.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
  });

  it('has no value outside its list of words, in a hint either', () => {
    const strange = templates.filter(
      ({ tag, before }) =>
        tag === 'advice' && before.some((text) => begin.test(text.split(/[,;.():…]|and then/).at(-1) ?? '')),
    );
    expect(templates.filter(({ tag }) => tag === 'advice').length).toBeGreaterThan(100);
    expect(strange.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
  });

  it('stands as a list of words wherever podid needs a cluster for it, so that it reaches the one that was typed', () => {
    const reaching = commandTree.commands.filter(({ reach }) => reach !== 'none');
    const inText = new RegExp(
      `podid (?:${reaching.map(({ words }) => words.join(' ')).join('|')})(?![\\w-])`,
    );
    const strange = templates.filter(
      ({ tag, path, text }) =>
        tag === 'advice' &&
        !path.startsWith('src/nmi/') &&
        inText.test(text.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '')),
    );
    expect(strange.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
    expect(inText.test('Look at podid nmi status.')).toBe(true);
  });

  it('can be pasted with what follows it: that is a comment or a sentence of its own, and no bare word', () => {
    const strange = templates.filter((template) => template.tag === 'advice' && goesOnBarely(template));
    expect(strange.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
  });

  it.each([
    ["{command('podid list')} shows them", true],
    ["See: {nextCommand('list', id)} has (more) of it", true],
    ["{deps.entries.command('list', id)} (docs/modes.md)", true],
    ["{nextCommand('list', id)}, or wait", true],
    ["{nextCommand('list', id)}  # shows them", false],
    ["See them: {nextCommand('list', id)}; or wait", false],
    ['{remove.again()} && {add}', false],
    ['{othersText(name)} is one', false],
  ])('is found where it could not be pasted: %s', (text, isFound) => {
    const [found] = templatesIn('x', `f(advice\`${text.replaceAll('{', '${')}\`)`);
    expect(found && goesOnBarely(found)).toBe(isFound);
  });

  it('would be found by these tests', () => {
    const found = templatesIn(
      'x',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a source text, which is to be found.
      'const a = `Try: kubectl label pod ${name} -n ${namespace}`; f(advice`az aks show -n ${x}`);',
    );
    expect(found.map(({ tag, before }) => [tag, before.map((text) => begin.test(text))])).toEqual([
      ['', [true, true]],
      ['advice', [true]],
    ]);
  });

  it('is made into text by nobody but who prints', () => {
    const printing = ['src/errors/', 'src/terminal/', 'src/cli/', 'src/nmi/', 'src/commands/'];
    const callers = sourceFiles('src')
      .filter(({ text }) => /\b(?:hintText|commandLine|shellWord)\(/.test(text))
      .filter(
        ({ path }) =>
          !printing.some((each) => path.startsWith(each)) && !exempt.some((each) => path.startsWith(each)),
      );
    expect(callers.map(({ path }) => path)).toEqual([]);
  });
});

/** What a shell would take for more words of a command, or, in a hint that is a command from its start, for a part of its last. */
function goesOnBarely({ values, code }: Template): boolean {
  return values.some(
    ({ source, after, isFirst }) =>
      (/^ +[^\s#&|…]/.test(after) || (isFirst && after.startsWith(','))) && isCommand(source, code),
  );
}

/** Made by one of the functions that make commands, or a name of what was made so. */
function isCommand(source: string, code: string): boolean {
  if (/^\w+$/.test(source)) {
    return new RegExp(`\\b(?:const|function) ${source}\\b[^;]*?[cC]ommand\\(`).test(code);
  }
  return (
    !source.startsWith('joinHints(') &&
    /(?:^|\.|[a-z])[cC]ommand\(|\.(?:again|asItStands|with)\(/.test(source)
  );
}

/** Template strings, those within values of others too. */
function templatesIn(path: string, source: string): Template[] {
  const found: Template[] = [];
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|(?<=\s)\/\/[^\n]*/g, '');
  let at = 0;
  const skipQuoted = (quote: string) => {
    at++;
    while (at < code.length && code[at] !== quote && code[at] !== '\n') {
      at += code[at] === '\\' ? 2 : 1;
    }
    at++;
  };
  const value = () => {
    let depth = 1;
    while (at < code.length && depth > 0) {
      const letter = code[at];
      if (letter === '`') {
        template();
      } else if (letter === "'" || letter === '"') {
        skipQuoted(letter);
      } else {
        depth += letter === '{' ? 1 : letter === '}' ? -1 : 0;
        at++;
      }
    }
  };
  const template = () => {
    const tag = /(\w+)$/.exec(code.slice(Math.max(0, at - 20), at))?.[1] ?? '';
    const from = ++at;
    const before: string[] = [];
    const values: { source: string; after: string; isFirst: boolean }[] = [];
    let text = '';
    while (at < code.length && code[at] !== '`') {
      if (code.startsWith('${', at)) {
        before.push(text);
        at += 2;
        const start = at;
        value();
        values.push({ source: code.slice(start, at - 1), after: '', isFirst: text === '' });
        text += '…';
      } else {
        const last = values.at(-1);
        if (last !== undefined) {
          last.after += code[at];
        }
        text += code[at];
        at += code[at] === '\\' ? 2 : 1;
      }
    }
    found.push({ path, tag, before, values, text: code.slice(from, at), code });
    at++;
  };
  while (at < code.length) {
    const letter = code[at];
    if (letter === '`') {
      template();
    } else if (letter === "'" || letter === '"') {
      skipQuoted(letter);
    } else if (letter === '/' && /[(,=:[!&|?{};]\s*$/.test(code.slice(Math.max(0, at - 5), at))) {
      skipRegex();
    } else {
      at++;
    }
  }
  function skipRegex() {
    let inClass = false;
    at++;
    while (at < code.length && (code[at] !== '/' || inClass) && code[at] !== '\n') {
      inClass = code[at] === '[' || (inClass && code[at] !== ']');
      at += code[at] === '\\' ? 2 : 1;
    }
    at++;
  }
  return found;
}
