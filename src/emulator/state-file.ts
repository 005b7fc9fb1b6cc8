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
  const text = await readFile(path, 'utf8');
  const world = parseJson(text);
  if (isObject(world)) {
    return world;
  }
  throw new TypeError(`The state file ${path} does not hold a world.`);
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
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
