import type { Writable } from 'node:stream';

/** One of the process's two outputs. */
export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Resolves once the text is handed over; a reader that went away is no failure. */
  write(text: string): Promise<void>;
}

/**
 * Writes to the stream until its reader closes the pipe, and from then on to nowhere: `podid add … | head -1` has to see its change
 * through and end with the exit code of the change.
 */
export function outputStream(stream: Writable & { isTTY?: boolean; columns?: number }): OutputStream {
  let closed = false;
  stream.on('error', () => {
    closed = true;
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      // A terminal that nobody gave a size says 0.
      return stream.isTTY === true ? stream.columns || undefined : undefined;
    },
    write(text) {
      if (closed || text === '') return Promise.resolve();
      return new Promise((resolve) => stream.write(text, () => resolve()));
    },
  };
}
