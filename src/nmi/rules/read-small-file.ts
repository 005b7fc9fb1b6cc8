import { open } from 'node:fs/promises';

/** Of a file that another process writes: larger than it may be, so that it was not read. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
}

/**
 * Takes no more memory than `mostBytes`, however large the file is.
 *
 * @throws FileTooLarge | what `open` and `read` throw
 */
export async function readSmallFile(path: string, mostBytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > mostBytes) {
      throw new FileTooLarge(`${path} has ${size} bytes, and at most ${mostBytes} of it are read.`);
    }
    const buffer = Buffer.alloc(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(buffer, length, size - length, length);
      if (bytesRead === 0) {
        break;
      }
      length += bytesRead;
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    await file.close();
  }
}
