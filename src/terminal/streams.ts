import type { Writable } from 'node:stream';
import { advice } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';
import { asItIs, type Signs } from './signs.ts';

/** One of the process's two outputs. */
export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Nobody reads any more: what would go on printing may as well end. */
  readonly readerGone: boolean;
  /**
   * Resolves once the text is handed over; a reader that went away is not a failure.
   *
   * @throws PodidError OutputFailed when the text is lost for another reason, such as a full disk
   */
  write(text: string): Promise<void>;
}

/**
 * Writes to the stream until its reader closes the pipe, and from then on to nowhere: `podid add … | head -1`
 * has to see its change through and end with the exit code of the change.
 *
 * @param lost whether text that is lost for another reason is a failure: what is said beside the result has
 * nobody left to report to
 * @param signs of what is written; without: as it is
 */
export function outputStream(
  stream: Writable & { isTTY?: boolean; columns?: number },
  lost: 'fails' | 'is ignored',
  signs: Signs = asItIs,
): OutputStream {
  let closed = false;
  // Told by the write that met it; without a listener it would end the process.
  stream.on('error', (error) => {
    closed ||= isReaderGone(error);
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      // A terminal that nobody gave a size says 0.
      return stream.isTTY === true ? stream.columns || undefined : undefined;
    },
    get readerGone() {
      return closed;
    },
    write(text) {
      if (closed || text === '') {
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        stream.write(signs(text), (error) => {
          closed ||= error ? isReaderGone(error) : false;
          if (error && !closed && lost === 'fails') {
            reject(outputFailed(error));
          } else {
            resolve();
          }
        });
      });
    },
  };
}

/** A stream is destroyed by the first error it meets, and says so of what is written to it afterwards. */
function isReaderGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE';
}

function outputFailed(error: NodeJS.ErrnoException): PodidError {
  const reason = error.code === 'ENOSPC' ? 'no space is left (ENOSPC)' : (error.code ?? 'the write failed');
  return new PodidError('OutputFailed', `The result could not be written to stdout: ${reason}.`, {
    hint: advice`Free some space or write elsewhere; what the command changes is done all the same.`,
    cause: error,
  });
}
