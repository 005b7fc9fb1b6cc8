import { Hint } from '../errors/hint.ts';
import { messageText, plainText } from '../errors/plain-text.ts';
import type { Colours } from './colours.ts';
import { minuteMs, type Seconds, secondMs, stepClock } from './step-clock.ts';
import type { OutputStream } from './streams.ts';
import { wrapMessage, wrapText } from './wrap-text.ts';

/** What a spinner has to be able to do; yocto-spinner's is one. */
export interface Spinner {
  text: string;
  start(): unknown;
  stop(): unknown;
}

/** What a progress bar has to be able to do; cli-progress's is one. */
export interface Bar {
  start(text: string, total: number): void;
  update(done: number): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly stderr: OutputStream;
  readonly colour: Colours;
  /** `--only-show-errors`. */
  readonly silent: boolean;
  /** A hint as whoever reads it can type it, the blanks of its commands held. */
  readonly hintText: (hint: Hint) => string;
  readonly clock: Seconds;
  /** Absent: one line for each change of text, and one a minute, as a log wants it. */
  readonly spinner?: Spinner;
  /** For work whose share is known; absent where there is no terminal. */
  readonly bar?: Bar;
}

/** The `Reporter` of the command line: everything goes to stderr. */
export interface TerminalReporter {
  progress(
    text: string,
    detail?: {
      readonly share?: { readonly done: number; readonly total: number };
      readonly wait?: { readonly usually?: string };
    },
  ): void;
  note(text: string | Hint): void;
  warn(text: string, hint?: Hint): void;
  /** Takes the spinner away; comes before any other output. */
  stop(): void;
}

export function terminalReporter(options: ProgressOptions): TerminalReporter {
  const { stderr, colour, silent, hintText, spinner, bar } = options;
  let spinning = false;
  let barText = '';
  const steps = stepClock(options.clock, spinner === undefined ? minuteMs : secondMs, (text) => {
    if (spinner === undefined) {
      void stderr.write(`${text}\n`);
    } else if (spinning) {
      spinner.text = spun(text);
    }
  });

  const stopSpinner = () => {
    if (spinning) {
      spinner?.stop();
    }
    spinning = false;
    if (barText !== '') {
      bar?.stop();
    }
    barText = '';
  };
  const line = (text: string) => {
    stopSpinner();
    void stderr.write(`${text}\n`);
  };
  // Beside the spinner's own sign.
  const spun = (text: string) => wrapText(text, stderr.columns && stderr.columns - 2).join('\n  ');
  const sentence = (text: string) => wrapMessage(messageText(text), stderr.columns);
  const advised = (hint: Hint, head = '') =>
    wrapMessage(`${head}${plainText(hintText(hint))}`, stderr.columns);
  return {
    progress(text, { share, wait } = {}) {
      const shown = plainText(text, 'one');
      if (silent) {
        return;
      }
      if (share !== undefined && bar !== undefined) {
        steps.end();
        if (barText !== shown) {
          stopSpinner();
          bar.start(shown, share.total);
          barText = shown;
        }
        bar.update(share.done);
        return;
      }
      const first = steps.begin(shown, wait);
      if (first === undefined && (spinner === undefined || spinning)) {
        return;
      }
      if (barText !== '') {
        stopSpinner();
      }
      if (spinner === undefined) {
        return line(first ?? shown);
      }
      spinner.text = spun(first ?? shown);
      if (!spinning) {
        spinner.start();
      }
      spinning = true;
    },
    note(text) {
      if (!silent) {
        line(text instanceof Hint ? advised(text) : sentence(text));
      }
    },
    warn(text, hint) {
      if (silent) {
        return;
      }
      line(sentence(`warning: ${text}`).replace('warning:', colour.yellow('warning:')));
      if (hint !== undefined) {
        line(advised(hint, 'hint: ').replace('hint:', colour.cyan('hint:')));
      }
    },
    stop() {
      steps.end();
      stopSpinner();
    },
  };
}
