import type { Hint } from '../errors/hint.ts';
import { jsonText, messageText, plainText } from '../errors/plain-text.ts';
import { isPodidError, type PodidError } from '../errors/podid-error.ts';
import type { Colours } from './colours.ts';
import { released, wrapMessage, wrapResult } from './wrap-text.ts';

export interface ErrorReport {
  /** Ends with a line break. */
  readonly text: string;
  readonly exitCode: number;
}

export interface ErrorReportOptions {
  readonly colour: Colours;
  /** The reader asked for JSON. */
  readonly json: boolean;
  /** `--debug`. */
  readonly stack: boolean;
  readonly version: string;
  /** Columns of the terminal; undefined: there is none. */
  readonly width?: number | undefined;
  /** A hint as whoever reads it can type it, the blanks of its commands held. */
  readonly hintText: (hint: Hint) => string;
}

/** An error as text, or as one line of JSON. What is no PodidError is a fault of podid's own. */
export function errorReport(error: unknown, options: ErrorReportOptions): ErrorReport {
  if (!isPodidError(error)) {
    return bugReport(error, options);
  }
  const text = options.json ? errorJson(errorMembers(error, options)) : errorText(error, options);
  return { text, exitCode: error.exitCode };
}

function errorText(error: PodidError, { colour, stack, hintText, width }: ErrorReportOptions): string {
  const message = wrapMessage(`podid: ${messageText(error.message)}`, width);
  const lines = [message.replace('podid:', colour.red('podid:'))];
  if (error.details.length > 1) {
    lines.push(...error.details.map((detail) => wrapResult(`  ${detailText(detail)}`, width)));
  }
  if (error.requestId !== undefined || error.correlationId !== undefined) {
    const ids = [
      error.requestId && `request ${error.requestId}`,
      error.correlationId && `correlation ${error.correlationId}`,
    ];
    const text = `  (${plainText(ids.filter(Boolean).join(', '), 'one')})`;
    lines.push(colour.dim(wrapResult(text, width)));
  }
  if (error.hint !== undefined) {
    const hint = wrapMessage(`hint: ${plainText(hintText(error.hint))}`, width);
    lines.push(hint.replace('hint:', colour.cyan('hint:')));
  }
  if (stack) {
    lines.push(...stackLines(error));
  }
  return `${lines.join('\n')}\n`;
}

function detailText(detail: PodidError['details'][number]): string {
  const code = detail.code === undefined || detail.code === 'InvalidUsage' ? '' : `${detail.code}: `;
  return plainText(`${code}${detail.message}`, 'one');
}

function errorMembers(
  error: PodidError,
  { hintText }: ErrorReportOptions,
): Readonly<Record<string, unknown>> {
  return {
    code: error.code,
    message: error.message,
    hint: error.hint && released(hintText(error.hint)),
    details: error.details,
    requestId: error.requestId,
    correlationId: error.correlationId,
    target: error.target,
  };
}

function errorJson(members: Readonly<Record<string, unknown>>): string {
  const known = Object.entries(members).map(([key, value]) => [key, value ?? null]);
  return `${jsonText(Object.fromEntries(known))}\n`;
}

const reportHint =
  'this is a fault of podid itself: run the command again with --debug and report it with what it prints';

function bugReport(error: unknown, options: ErrorReportOptions): ErrorReport {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const message = `podid ${options.version} failed unexpectedly (${said}).`;
  const [told, hint] = [`podid: ${messageText(message)}`, `hint: ${reportHint}`].map((line) =>
    wrapMessage(line, options.width),
  );
  const lines = [
    `${told}`.replace('podid:', options.colour.red('podid:')),
    `${hint}`.replace('hint:', options.colour.cyan('hint:')),
  ];
  if (options.stack) {
    lines.push(...stackLines(error));
  }
  // The stack is asked for beside the JSON, whose line comes last.
  const text = options.json && !options.stack ? '' : `${lines.join('\n')}\n`;
  const json = options.json ? errorJson({ code: 'InternalError', message, hint: reportHint }) : '';
  return { text: text + json, exitCode: 1 };
}

function stackLines(error: unknown): string[] {
  if (!(error instanceof Error)) {
    return [];
  }
  const cause = error.cause === undefined ? [] : ['caused by:', ...stackLines(error.cause)];
  return [...messageText(error.stack ?? '').split('\n'), ...cause];
}
