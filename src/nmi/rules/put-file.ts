import { open, rename, rm } from 'node:fs/promises';

/**
 * Replaces a file in one step; a reader sees the old one or the new one. Readable by the server, which is another user.
 */
export async function putFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.${process.hrtime.bigint()}`;
  try {
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
