import { rename } from 'node:fs/promises';
import { setTimeout as passing } from 'node:timers/promises';

/** How long virus scanners and indexers of Windows hold a file that was just written: `write-file-atomic` waits alike. */
const triesMs = [10, 20, 50, 100, 200, 400, 800] as const;

/**
 * Moves a file into the place of another. Windows refuses it while somebody has one of the two open, which passes.
 *
 * @throws what `rename` does, after one and a half seconds for EPERM, EACCES and EBUSY on Windows, else at once
 */
export async function replaceFile(
  from: string,
  to: string,
  {
    move = rename,
    platform = process.platform,
  }: { readonly move?: typeof rename; readonly platform?: NodeJS.Platform } = {},
): Promise<void> {
  const pauses = platform === 'win32' ? [...triesMs] : [];
  for (;;) {
    try {
      return await move(from, to);
    } catch (error) {
      const pauseMs = pauses.shift();
      const isHeld = ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (pauseMs === undefined || !isHeld) {
        throw error;
      }
      await passing(pauseMs);
    }
  }
}
