import { jsonEscapes } from '../errors/plain-text.ts';

/**
 * Facts of one event. Never a token, a secret, or bytes that a client chose without a limit on their length.
 */
export type LogFacts = Readonly<Record<string, unknown>>;

/** One line an event: a constant message, and the facts as fields. */
export interface Logger {
  debug(facts: LogFacts, message: string): void;
  info(facts: LogFacts, message: string): void;
  warn(facts: LogFacts, message: string): void;
  error(facts: LogFacts, message: string): void;
}

/** Where lines go: a stream, or whatever takes them. */
interface LineDestination {
  write(line: string): unknown;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'text';
  /** Where the lines go; a daemon passes its stderr. */
  readonly destination: LineDestination;
}

/** Whether a line is written: the level of a logger, and those behind it. */
const levels = ['debug', 'info', 'warn', 'error'] as const;

/**
 * JSON escapes line breaks in every value, so that no client can forge a line; what else a terminal would obey
 * is escaped here.
 */
export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const printable = { write: (line: string) => destination.write(jsonEscapes(line)) };
  const stream = format === 'json' ? printable : textLines(printable);
  const least = levels.indexOf(level);
  const writer = (label: LoggerOptions['level']) =>
    levels.indexOf(label) < least
      ? () => undefined
      : (facts: LogFacts, msg: string) => {
          const time = new Date().toISOString();
          stream.write(`${JSON.stringify({ level: label, time, ...facts, msg })}\n`);
        };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

/**
 * Turns JSON lines into `TIME LEVEL MESSAGE key=value …`, for `--log-format=text`. Values stay JSON, so a
 * line stays a line.
 */
function textLines(destination: LineDestination): LineDestination {
  return { write: (line) => destination.write(asText(line)) };
}

function asText(line: string): string {
  const { time, level, msg, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(facts).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${[time, String(level).toUpperCase(), msg, ...pairs].join(' ')}\n`;
}
