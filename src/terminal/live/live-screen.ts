/** What a terminal is to a view that draws itself again and again. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** The whole picture; what does not fit below is left out. */
  draw(lines: readonly string[]): void;
  /** Aborted once q or Ctrl-C was typed, or nobody can type any more. */
  readonly ended: AbortSignal;
  /** Resolves with what was typed, or undefined when the time is over. @throws the signal's reason */
  key(ms: number, signal: AbortSignal): Promise<string | undefined>;
}

type Output = Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<NodeJS.WriteStream, 'columns' | 'rows'>>;
type Input = Pick<NodeJS.ReadStream, 'on' | 'off' | 'pause' | 'resume' | 'isRaw'> &
  Partial<Pick<NodeJS.ReadStream, 'setRawMode'>>;

/** xterm's words, which every terminal of today knows: the other screen and back, the cursor gone and there. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[H\u001b[2J';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const endOfLine = '\u001b[K';
const below = '\u001b[J';

/**
 * Gives a view the whole terminal, with the keyboard, and gives it back as it was, however the view ends.
 *
 * @param use draws, and returns when it has ended
 */
export async function withScreen<Result>(
  use: (screen: Screen) => Promise<Result>,
  input: Input = process.stdin,
  output: Output = process.stdout,
): Promise<Result> {
  const typed: string[] = [];
  let wake: () => void = () => undefined;
  const end = new AbortController();
  const gone = () => end.abort(new Error('The view was left.'));
  const hear = (chunk: unknown) => {
    for (const letter of String(chunk)) {
      // The keyboard is read raw, so Ctrl-C comes here and not to the process.
      'qQ\u0003'.includes(letter) ? gone() : typed.push(letter);
    }
    wake();
  };
  input.setRawMode?.(true);
  input.on('data', hear);
  input.on('end', gone);
  input.resume();
  output.write(enter);
  const screen: Screen = {
    get columns() {
      return output.columns || 80;
    },
    get rows() {
      return output.rows || 24;
    },
    ended: end.signal,
    draw(lines) {
      const shown = lines.slice(0, screen.rows).map((line) => `${line}${endOfLine}`);
      output.write(`${home}${shown.join('\r\n')}${below}`);
    },
    async key(ms, signal) {
      if (typed.length === 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake(), ms);
          const done = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            resolve();
          };
          wake = done;
          signal.aborted ? done() : signal.addEventListener('abort', done);
        });
      }
      wake = () => undefined;
      signal.throwIfAborted();
      return typed.shift();
    },
  };
  try {
    return await use(screen);
  } finally {
    output.write(leave);
    input.off('data', hear);
    input.off('end', gone);
    input.setRawMode?.(false);
    input.pause();
  }
}
