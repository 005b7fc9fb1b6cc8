import { open, rename, rm } from 'node:fs/promises';

/**
 * Replaces a file in one step; a reader sees the old one or the new one. Readable by the server, which is another user.
 * To be called for each path by one writer at a time: the draft has one name, so that what a killed process left of one
 * is replaced and does not fill the small folder in memory.
 */
export async function putFile(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  try {
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
