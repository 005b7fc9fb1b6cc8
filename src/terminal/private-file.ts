import { randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../errors/system-error-code.ts';
import { replaceFile } from './replace-file.ts';

/**
 * Writes a file that only its owner can read, whole or not at all: a new file beside it, synced, and moved
 * into its place. A reader never sees half of it. A link stays one: what it leads to is written.
 *
 * @throws TypeError where the path is something else than a file: a pipe, a device, a folder
 */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const target = await fileBehind(path);
  const fresh = `${target}.${randomUUID()}`;
  try {
    const file = await open(fresh, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await replaceFile(fresh, target);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/**
 * The path itself where nothing is there yet. @throws TypeError when something is, and it is not a regular
 * file
 */
export async function fileBehind(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  });
  if (found === undefined) {
    return path;
  }
  if (!found.isFile()) {
    throw new TypeError(`${path} is not a regular file.`);
  }
  return await realpath(path);
}

/**
 * Makes a folder and those above it, for its owner alone. Not by `recursive` of Node, which tries without end
 * where the system refuses a folder with ENOENT although the one above is there: in `/proc`, for one.
 *
 * @throws Error of the system where there can be none
 */
export async function makePrivateFolder(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: 0o700 });
  const above = dirname(path);
  try {
    await make();
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') {
      return;
    }
    if (systemErrorCode(error) !== 'ENOENT' || above === path) {
      throw error;
    }
    await makePrivateFolder(above);
    await make().catch(unlessThere);
  }
}

/** Another process may have been faster. */
function unlessThere(error: unknown): void {
  if (systemErrorCode(error) !== 'EEXIST') {
    throw error;
  }
}
