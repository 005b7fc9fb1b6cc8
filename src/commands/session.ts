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

export type GlobalValues = FlagValues<typeof globalFlags>;

/** One run of one command. */
export interface Session {
  readonly context: Context;
  readonly global: GlobalValues;
  readonly faults: UsageFaults;
  readonly report: TerminalReporter;
  /** @throws PodidError InvalidUsage with all that was wrong so far; comes before the first request */
  checkUsage(): void;
  /** Prints the command's one result on stdout. */
  print(value: unknown, shape: TableShape): Promise<void>;
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
  const report = terminalReporter({
    stderr,
    colour: colours(coloured(context, global)),
    silent: global.onlyShowErrors,
    ...(spinner === undefined ? {} : { spinner }),
  });
  return {
    context,
    global,
    faults,
    report,
    checkUsage: () => faults.throwIfAny(`${['podid', ...words].join(' ')} --help`),
    async print(value, shape) {
      report.stop();
      const text = await resultText(value, shape, {
        format,
        width: stdout.columns,
        ...(query === undefined ? {} : { query }),
      });
      await stdout.write(text);
    },
  };
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

/** Colours are for stderr alone; results stay plain. */
export function coloured(context: Context, global: Pick<GlobalValues, 'noColor'>): boolean {
  return (
    context.stderr.isTerminal && !global.noColor && !context.env['NO_COLOR'] && context.env['TERM'] !== 'dumb'
  );
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
