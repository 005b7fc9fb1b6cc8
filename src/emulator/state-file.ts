import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject, type JsonObject, parseJson, writeJson } from './exact-json.ts';

const longestState = 256 * 1024 * 1024;

/** @returns undefined when there is no such file @throws TypeError when it holds no world */
export async function readState(path: string): Promise<JsonObject | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  });
  if (found === undefined) {
    return undefined;
  }
  if (!found.isFile()) {
    throw new TypeError(`The state file ${path} is not a regular file.`);
  }
  if (found.size > longestState) {
    throw new TypeError(`The state file ${path} is longer than 256 MiB.`);
  }
  const text = fileText(await readFile(path));
  const world = parseJson(text);
  if (isObject(world)) {
    return world;
  }
  throw new TypeError(`The state file ${path} does not hold a world.`);
}

/** By its byte order mark, which is left out: PowerShell 5.1 writes UTF-16 with `>`. */
function fileText(bytes: Uint8Array): string {
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}

/**
 * Saves one after the other, each whole: written beside the file, synced, and moved over it. The file is
 * private (0600).
 */
export function createStateWriter(path: string): (world: () => JsonObject) => Promise<void> {
  let last = Promise.resolve();
  let written = '';
  return (world) => {
    const next = last.then(async () => {
      const text = writeJson(world());
      if (text === written) {
        return;
      }
      await writeWhole(path, text);
      written = text;
    });
    last = next.catch(() => undefined);
    return next;
  };
}

/** Windows refuses it while a virus scanner has one of the two open. */
async function moveOver(from: string, to: string): Promise<void> {
  for (let tries = process.platform === 'win32' ? 8 : 1; ; tries -= 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (tries <= 1) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // A link stays one: what it leads to is written.
  const target = await realpath(path).catch(() => path);
  const beside = `${target}.${process.pid}.tmp`;
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveOver(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
