import { podidCommand } from '../../domain/hints/next-command.ts';
import type { Hint } from '../../errors/hint.ts';
import { plainText } from '../../errors/plain-text.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import { choiceOf, readChoice } from '../../flags/read-flags.ts';
import { lateBar } from '../../terminal/bar.ts';
import { type Colours, noColours, terminalColours } from '../../terminal/colours.ts';
import {
  type OutputFormat,
  outputFormats,
  resultText,
  type TableShape,
} from '../../terminal/print-result.ts';
import { type TerminalReporter, terminalReporter } from '../../terminal/progress.ts';
import { compileQuery, type Query } from '../../terminal/query.ts';
import { asciiSigns, asItIs } from '../../terminal/signs.ts';
import { terminalSpinner } from '../../terminal/spinner.ts';
import { wrapResult } from '../../terminal/wrap-text.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import type { globalFlags } from '../flags/global-flags.ts';
import type { Context } from './context.ts';

export type GlobalValues = FlagValues<typeof globalFlags>;

/** One run of one command. */
export interface Session {
  readonly context: Context;
  readonly global: GlobalValues;
  readonly faults: UsageFaults;
  readonly report: TerminalReporter;
  /** @throws PodidError InvalidUsage with all that was wrong so far; comes before the first request */
  checkUsage(): void;
  /** Of stderr. */
  readonly colour: Colours;
  /** Prints for people on stderr, colours and all; nothing under `--only-show-errors`. */
  log(text: string): void;
  /**
   * Prints the command's one result on stdout.
   *
   * @param usual the format of this command where nobody names one
   * @throws PodidError QueryFailed when `--query` does not fit it, once it is printed whole
   */
  print(value: unknown, shape: TableShape, usual?: OutputFormat): Promise<void>;
  /** The result as a text of another format, for a file. */
  render(value: unknown, shape: TableShape, format: OutputFormat): Promise<string>;
  /** Prints a line that is the result as it is; a terminal shows what it would obey. */
  printLine(line: string): Promise<void>;
}

export interface SessionOptions {
  /** Of the command, after `podid`. */
  readonly words: readonly string[];
  readonly global: GlobalValues;
  readonly faults: UsageFaults;
  /** A hint as it can be typed after this command line, the blanks of its commands held. */
  readonly hintText: (hint: Hint) => string;
  /**
   * Of the result, in every shape it may take; none: its shapes are not known. Asked for where there is a
   * query.
   */
  readonly examples: () => Promise<readonly unknown[]>;
  /** The result is a list whose items have names. */
  readonly isNamed?: boolean;
  /** The result can be a page for a browser. */
  readonly isPage?: boolean;
}

export async function openSession(context: Context, options: SessionOptions): Promise<Session> {
  const { words, global, faults, hintText, examples } = options;
  const { stdout, stderr } = context;
  const format = effectiveFormat(context, global, faults);
  if (format === 'name') {
    checkNamed(options);
  }
  if (format === 'html') {
    checkPage(options);
  }
  const query = await readQuery(global.query, examples, faults);
  const isAnimated = context.animated && !global.onlyShowErrors;
  const spinner = isAnimated ? await terminalSpinner(context.isUtf8) : undefined;
  const colour = await coloursOf('stderr', context, global);
  const report = terminalReporter({
    stderr,
    colour,
    silent: global.onlyShowErrors,
    hintText,
    // Loaded where time passes.
    clock: {
      monotonic: () => context.clock.monotonic(),
      sleep: (ms, signal) => context.clock.sleep(ms, signal),
    },
    ...(spinner === undefined ? {} : { spinner }),
    ...(isAnimated ? { bar: lateBar(context.isUtf8) } : {}),
  });
  return {
    context,
    global,
    faults,
    report,
    colour,
    log(text) {
      report.stop();
      if (!global.onlyShowErrors) {
        void stderr.write(wrapResult(text, stderr.columns));
      }
    },
    checkUsage: () => faults.throwIfAny(() => podidCommand(words, { help: true })),
    async printLine(line) {
      report.stop();
      await stdout.write(`${stdout.isTerminal ? plainText(line) : line}\n`);
    },
    render: (value, shape, wanted) =>
      resultText(value, shape, {
        format: wanted,
        width: undefined,
        colour: noColours,
        isTerminal: false,
        signs: asItIs,
        hintText,
      }),
    async print(value, shape, usual) {
      report.stop();
      const output = {
        format: usual !== undefined && !isFormatNamed(context, global) ? usual : format,
        width: stdout.columns,
        colour: await coloursOf('stdout', context, global),
        isTerminal: stdout.isTerminal,
        signs: context.isUtf8 ? asItIs : asciiSigns,
        hintText,
      };
      try {
        const asked = query === undefined ? output : { ...output, query };
        await stdout.write(await resultText(value, shape, asked));
      } catch (error) {
        // What was done is done: its result is not lost to a query.
        if (isPodidError(error, 'QueryFailed')) {
          await stdout.write(await resultText(value, shape, output));
        }
        throw error;
      }
    },
  };
}

/** What `-o name` can print. */
function checkNamed({ isNamed = false, global, faults }: SessionOptions): void {
  if (!isNamed) {
    faults.add('--output', '--output name is for lists; this result has no names to print.');
  }
  if (global.query !== undefined) {
    faults.add(
      '--query',
      '--query and --output name contradict each other; -o tsv prints what a query picks.',
    );
  }
}

/** What `-o html` can print. */
function checkPage({ isPage = false, global, faults }: SessionOptions): void {
  if (!isPage) {
    faults.add('--output', '--output html is for podid access, podid migrate plan and podid migrate status.');
  }
  if (global.query !== undefined) {
    faults.add('--query', '--query and --output html contradict each other; the page has the whole result.');
  }
}

function isFormatNamed(context: Context, global: GlobalValues): boolean {
  return Boolean(global.output ?? context.env['PODID_OUTPUT']);
}

/** `--output`, else PODID_OUTPUT, else what suits the reader. */
export function effectiveFormat(context: Context, global: GlobalValues, faults?: UsageFaults): OutputFormat {
  const fromEnvironment = context.env['PODID_OUTPUT'] || undefined;
  if (global.output === undefined && fromEnvironment !== undefined && faults !== undefined) {
    readChoice('PODID_OUTPUT', fromEnvironment, outputFormats, faults);
  }
  const wanted = global.output ?? fromEnvironment ?? '';
  return choiceOf(wanted, outputFormats) ?? (context.stdout.isTerminal ? 'table' : 'json');
}

/** A terminal shows them, unless the flag, NO_COLOR or the terminal itself is against it. */
export async function coloursOf(
  output: 'stdout' | 'stderr',
  { env, [output]: stream }: Context,
  global: Pick<GlobalValues, 'noColor'>,
): Promise<Colours> {
  const isColoured = stream.isTerminal && !global.noColor && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return isColoured ? await terminalColours() : noColours;
}

async function readQuery(
  expression: string | undefined,
  examples: () => Promise<readonly unknown[]>,
  faults: UsageFaults,
): Promise<Query | undefined> {
  if (expression === undefined) {
    return undefined;
  }
  try {
    const query = await compileQuery(expression);
    tryOut(query, await examples());
    return query;
  } catch (error) {
    if (!isPodidError(error, 'InvalidUsage', 'QueryFailed')) {
      throw error;
    }
    faults.add('--query', error.message);
    return undefined;
  }
}

/** Results differ, so one that it fits, as JSON shows it, will do. @throws PodidError QueryFailed when it fits none */
function tryOut(query: Query, examples: readonly unknown[]): void {
  let failure: unknown;
  for (const example of examples) {
    try {
      query(JSON.parse(JSON.stringify(example)));
      return;
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) {
    throw failure;
  }
}
