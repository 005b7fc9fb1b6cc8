import { type DestinationStream, pino } from 'pino';
import { jsonEscapes } from '../errors/plain-text.ts';
import { textLines } from './text-lines.ts';

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

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'text';
  /** Where the lines go; a daemon passes its stderr. */
  readonly destination: DestinationStream;
}

/**
 * JSON escapes line breaks in every value, so that no client can forge a line; what else a terminal would obey
 * is escaped here.
 */
export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const printable = { write: (line: string) => destination.write(jsonEscapes(line)) };
  const stream = format === 'json' ? printable : textLines(printable);
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}
