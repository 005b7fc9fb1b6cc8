import { isPodidError } from '../errors/podid-error.ts';
import { colours } from '../terminal/colours.ts';
import { type OutputFormat, outputFormats, resultText, type TableShape } from '../terminal/print-result.ts';
import { type TerminalReporter, terminalReporter } from '../terminal/progress.ts';
import { compileQuery, type Query } from '../terminal/query.ts';
import { terminalSpinner } from '../terminal/spinner.ts';
import type { UsageFaults } from '../validate/usage-faults.ts';
import type { Context } from './context.ts';
import type { FlagValues } from './flag-spec.ts';
import type { globalFlags } from './global-flags.ts';
import { checkChoice } from './read-flags.ts';

/** Paints texts, or leaves them as they are. */
export type Colours = ReturnType<typeof colours>;

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
  /** Tells people on stderr, colours and all; nothing under `--only-show-errors`. */
  say(text: string): void;
  /** Prints the command's one result on stdout. @param usual the format of this command where nobody names one */
  print(value: unknown, shape: TableShape, usual?: OutputFormat): Promise<void>;
}

/** @param words of the command, after `podid` */
export async function openSession(
  context: Context,
  words: readonly string[],
  global: GlobalValues,
  faults: UsageFaults,
): Promise<Session> {
  const { stdout, stderr } = context;
  const format = effectiveFormat(context, global, faults);
  const query = await readQuery(global.query, faults);
  const spinner = context.animated && !global.onlyShowErrors ? await terminalSpinner() : undefined;
  const colour = colours(coloured(context, global));
  const report = terminalReporter({
    stderr,
    colour,
    silent: global.onlyShowErrors,
    ...(spinner === undefined ? {} : { spinner }),
  });
  return {
    context,
    global,
    faults,
    report,
    colour,
    say(text) {
      report.stop();
      if (!global.onlyShowErrors) void stderr.write(text);
    },
    checkUsage: () => faults.throwIfAny(`${['podid', ...words].join(' ')} --help`),
    async print(value, shape, usual) {
      report.stop();
      const text = await resultText(value, shape, {
        format: usual !== undefined && !isFormatNamed(context, global) ? usual : format,
        width: stdout.columns,
        colour: colours(colouredOn(stdout, context, global)),
        ...(query === undefined ? {} : { query }),
      });
      await stdout.write(text);
    },
  };
}

function isFormatNamed(context: Context, global: GlobalValues): boolean {
  return Boolean(global.output ?? context.env['PODID_OUTPUT']);
}

/** `--output`, else PODID_OUTPUT, else what suits the reader. */
export function effectiveFormat(context: Context, global: GlobalValues, faults?: UsageFaults): OutputFormat {
  const fromEnvironment = context.env['PODID_OUTPUT'] || undefined;
  if (global.output === undefined && fromEnvironment !== undefined && faults !== undefined) {
    checkChoice('PODID_OUTPUT', fromEnvironment, outputFormats, faults);
  }
  const wanted = global.output ?? fromEnvironment;
  return outputFormats.find((format) => format === wanted) ?? (context.stdout.isTerminal ? 'table' : 'json');
}

/** Whether stderr is. Of results only those that people read as a text are: the diff of a plan. */
export function coloured(context: Context, global: Pick<GlobalValues, 'noColor'>): boolean {
  return colouredOn(context.stderr, context, global);
}

function colouredOn(
  stream: Context['stderr'],
  { env }: Context,
  global: Pick<GlobalValues, 'noColor'>,
): boolean {
  return stream.isTerminal && !global.noColor && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

async function readQuery(expression: string | undefined, faults: UsageFaults): Promise<Query | undefined> {
  if (expression === undefined) return undefined;
  try {
    return await compileQuery(expression);
  } catch (error) {
    if (!isPodidError(error, 'InvalidUsage')) throw error;
    faults.add('--query', error.message);
    return undefined;
  }
}
