import { styleText } from 'node:util';
import { isObeyed, plainText } from '../../errors/plain-text.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { wrapText } from '../wrap-text.ts';
import { watchEndOfInput } from './end-of-input.ts';

/** One line to choose. */
export interface Choice<Value> {
  readonly value: Value;
  readonly name: string;
  /**
   * What helps choosing: beside the name where the terminal is wide enough, below the list where it is not.
   */
  readonly facts?: string;
}

export interface Selection<Value> {
  readonly message: string;
  readonly choices: readonly Choice<Value>[];
  /** Where the cursor stands at first. */
  readonly initial?: Value;
}

export interface Search<Value> {
  readonly message: string;
  /** What fits the text typed so far. */
  readonly choices: (typed: string) => readonly Choice<Value>[];
  readonly initial?: Value;
}

export interface TextQuestion {
  readonly message: string;
  /** Taken when nothing is typed. */
  readonly initial?: string;
  /** What is wrong with a text; undefined: it will do. */
  readonly problem: (text: string) => string | undefined;
}

/** Questions that can be answered by Esc: the answer is undefined then, and means one step back. */
export interface Questions {
  select<Value>(question: Selection<Value>): Promise<Value | undefined>;
  search<Value>(question: Search<Value>): Promise<Value | undefined>;
  text(question: TextQuestion): Promise<string | undefined>;
}

export interface QuestionsOptions {
  readonly signal: AbortSignal;
  /** Columns of the terminal now. */
  readonly width: () => number | undefined;
  /** Called before a question shows, so that no spinner draws over it. */
  readonly before: () => void;
}

/** Asks on stderr, with inquirer. @throws PodidError Interrupted on Ctrl-C, and the signal's reason */
export function terminalQuestions(options: QuestionsOptions): Questions {
  const theme = { style: { keysHelpTip: helpLine } };
  return {
    select<Value>({ message, choices, initial }: Selection<Value>) {
      const lines = asLines(choices, options);
      const at = initial === undefined ? {} : { default: initial };
      const question = {
        type: 'select',
        message: plainText(message),
        choices: lines,
        theme,
        loop: false,
        ...at,
      };
      return askOnce<Value>(question, options, (value) => shortOf(lines, value));
    },
    search<Value>({ message, choices, initial }: Search<Value>) {
      let lines: readonly Line<Value>[] = [];
      const source = (typed: string | undefined) => {
        lines = asLines(choices(typed ?? ''), options);
        return lines;
      };
      const style = { keysHelpTip: searchHelpLine(options.width, choices('').length) };
      const at = initial === undefined ? {} : { default: initial };
      const question = {
        type: 'search',
        message: plainText(message),
        source,
        theme: { style },
        pageSize,
        ...at,
      };
      return askOnce<Value>(question, options, (value) => shortOf(lines, value));
    },
    text({ message, initial, problem }) {
      const validate = (text: string) => plainText(problem(text) ?? '', 'one') || true;
      const at = initial === undefined || isObeyed(initial) ? {} : { default: initial };
      const question = { type: 'input', message: plainText(message), validate, ...at };
      return askOnce<string>(question, options, (text) => plainText(text, 'one'));
    },
  };
}

/** As inquirer takes it; its types follow from the literal `type`, which is not known here. */
type PromptQuestion = Readonly<Record<string, unknown>> & { readonly type: string; readonly message: string };

/**
 * The question goes away with its end, so that no list is left of one that was not answered.
 *
 * @param textOf the answer as it stays on the screen beside its question
 */
async function askOnce<Value>(
  question: PromptQuestion,
  { signal, before }: QuestionsOptions,
  textOf: (answer: Value) => string,
): Promise<Value | undefined> {
  const { default: inquirer } = await import('inquirer');
  signal.throwIfAborted();
  before();
  const back = new AbortController();
  const goBack = (_text: string | undefined, key: { readonly name?: string } | undefined) => {
    if (key?.name === 'escape') {
      back.abort();
    }
  };
  process.stdin.on('keypress', goBack);
  const end = watchEndOfInput();
  const prompt = inquirer.createPromptModule({
    output: process.stderr,
    clearPromptOnDone: true,
    signal: AbortSignal.any([signal, back.signal, end.signal]),
  });
  try {
    const { answer } = await prompt<{ answer: Value }>([{ ...question, name: 'answer' }] as never);
    process.stderr.write(
      `${styleText('green', '✔')} ${styleText('bold', question.message)} ${styleText('cyan', textOf(answer as Value))}\n`,
    );
    return answer as Value;
  } catch (error) {
    if (signal.aborted) {
      throw signal.reason;
    }
    if (back.signal.aborted) {
      return undefined;
    }
    // The prompt reads the keyboard raw, so Ctrl-C reaches it and not the process.
    if (end.signal.aborted || (error instanceof Error && error.name === 'ExitPromptError')) {
      throw new PodidError('Interrupted', 'Interrupted at a question; no operation is running.');
    }
    throw error;
  } finally {
    process.stdin.off('keypress', goBack);
    end.stop();
  }
}

/** inquirer's two keys and our third, short enough for 40 columns. */
function helpLine(keys: readonly [string, string][]): string {
  return [...keys.filter(([key]) => key !== '⏎'), ['⏎', 'take'], ['esc', 'back']]
    .map(([key = '', action = '']) => `${styleText('bold', key)} ${styleText('dim', action)}`)
    .join(styleText('dim', ' · '));
}

/** Lines of a list that is searched; the others come by typing or by the arrows. */
const pageSize = 8;

/**
 * A list that is searched shows no field to type into until something is typed, and not how long it is; where the line
 * has room for it.
 */
function searchHelpLine(width: () => number | undefined, count: number) {
  return (keys: readonly [string, string][]): string => {
    const columns = width() ?? 80;
    const shown = helpLine(keys);
    if (columns < 50) {
      return shown;
    }
    const all = count > pageSize && columns >= 70 ? styleText('dim', `${count} in all · `) : '';
    return `${all}${styleText('bold', 'type')} ${styleText('dim', 'to search · ')}${shown}`;
  };
}

/** Cursor and margin of inquirer's lists. */
const listMargin = 3;
const gap = 2;

interface Line<Value> {
  readonly value: Value;
  readonly name: string;
  readonly short: string;
  readonly description?: string;
}

function shortOf<Value>(lines: readonly Line<Value>[], value: Value): string {
  return lines.find((line) => line.value === value)?.short ?? '';
}

function asLines<Value>(
  choices: readonly Choice<Value>[],
  { width }: QuestionsOptions,
): readonly Line<Value>[] {
  const columns = (width() ?? 80) - listMargin;
  const longestName = Math.max(0, ...choices.map(({ name }) => name.length));
  const longestFacts = Math.max(0, ...choices.map(({ facts }) => facts?.length ?? 0));
  const isWide = longestName + gap + longestFacts <= columns;
  return choices.map(({ value, name, facts }) => {
    const plain = plainText(name, 'one');
    if (facts === undefined) {
      return { value, name: plain, short: plain };
    }
    if (!isWide) {
      return {
        value,
        name: plain,
        short: plain,
        description: wrapText(plainText(facts, 'one'), columns).join('\n'),
      };
    }
    return { value, name: plain.padEnd(longestName + gap) + plainText(facts, 'one'), short: plain };
  });
}
