import type { ChalkInstance } from 'chalk';
import { plainText } from './plain-text.ts';
import type { OutputStream } from './streams.ts';

/** What a spinner has to be able to do; yocto-spinner's is one. */
export interface Spinner {
  text: string;
  start(): unknown;
  stop(): unknown;
}

export interface ProgressOptions {
  readonly stderr: OutputStream;
  readonly colour: ChalkInstance;
  /** `--only-show-errors`. */
  readonly silent: boolean;
  /** Absent: one line for each change of text, as a log wants it. */
  readonly spinner?: Spinner;
}

/** The `Reporter` of the command line: everything goes to stderr. */
export interface TerminalReporter {
  progress(text: string): void;
  note(text: string): void;
  warn(text: string, hint?: string): void;
  /** Takes the spinner away; comes before any other output. */
  stop(): void;
}

export function terminalReporter(options: ProgressOptions): TerminalReporter {
  const { stderr, colour, silent, spinner } = options;
  let spinning = false;
  let last = '';

  const stop = () => {
    if (spinning) spinner?.stop();
    spinning = false;
  };
  const line = (text: string) => {
    stop();
    void stderr.write(`${text}\n`);
  };
  return {
    progress(text) {
      const shown = plainText(text, 'one');
      if (silent || shown === last) return;
      last = shown;
      if (spinner === undefined) return line(shown);
      spinner.text = shown;
      if (!spinning) spinner.start();
      spinning = true;
    },
    note(text) {
      if (!silent) line(plainText(text));
    },
    warn(text, hint) {
      if (silent) return;
      line(`${colour.yellow('warning:')} ${plainText(text)}`);
      if (hint !== undefined) line(`${colour.cyan('hint:')} ${plainText(hint)}`);
    },
    stop,
  };
}
